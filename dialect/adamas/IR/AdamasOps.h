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

namespace mlir::adamas {

/// The value inside the kernel that `value`, a kernel's result, is yielded from; `value` itself otherwise.
Value getYieldedValue(Value value);

/// The ops that use `value`; a yield stands for the users of what its kernel gives.
SmallVector<Operation *> getUsersAcrossKernels(Value value);
/// Whether one compaction, and histograms where they are measured, are all that asks for `distances` of a scan, and it
/// can measure them again from what is in global memory or its own kernel.
bool isSelectedOnce(Value distances);

} // namespace mlir::adamas

#endif // ADAMAS_IR_ADAMASOPS_H
