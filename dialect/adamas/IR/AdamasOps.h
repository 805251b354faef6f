// The ops of the dialect.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_IR_ADAMASOPS_H
#define ADAMAS_IR_ADAMASOPS_H

#include "adamas/IR/AdamasDialect.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "adamas/IR/AdamasInterfaces.h.inc"

#define GET_OP_CLASSES
#include "adamas/IR/AdamasOps.h.inc"

#endif // ADAMAS_IR_ADAMASOPS_H
