// The generated definitions of the ops, compiled once, and the formats that several ops share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/AdamasOps.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::adamas;

/// Key and value have one type; it is printed once.
static ParseResult parseSameTypes(OpAsmParser &parser, Type &key, Type &value) {
  if (parser.parseType(key))
    return failure();
  value = key;
  return success();
}

static void printSameTypes(OpAsmPrinter &printer, Operation *, Type key, Type) { printer << key; }

#include "adamas/IR/AdamasInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "adamas/IR/AdamasOps.cpp.inc"
