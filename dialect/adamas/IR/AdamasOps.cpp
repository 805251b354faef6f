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

/// Thresholds with all their digits: a list that prints by itself shows six, which would move codes.
static ParseResult parseThresholds(OpAsmParser &parser, DenseF32ArrayAttr &fixed) {
  SmallVector<float> values;
  auto parseOne = [&]() -> ParseResult {
    APFloat value(APFloat::IEEEsingle());
    if (parser.parseFloat(value.getSemantics(), value))
      return failure();
    values.push_back(value.convertToFloat());
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseOne))
    return failure();
  fixed = parser.getBuilder().getDenseF32ArrayAttr(values);
  return success();
}

static void printThresholds(OpAsmPrinter &printer, Operation *, DenseF32ArrayAttr fixed) {
  printer << '[';
  llvm::interleaveComma(fixed.asArrayRef(), printer, [&](float value) { printer.printFloat(APFloat(value)); });
  printer << ']';
}

#include "adamas/IR/AdamasInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "adamas/IR/AdamasOps.cpp.inc"
