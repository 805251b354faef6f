// The reference evaluator: forms 1 and 2 in plain loops, the oracle of every test.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_REFERENCE_EVALUATE_H
#define ADAMAS_REFERENCE_EVALUATE_H

#include "adamas/IR/AdamasOps.h"
#include "adamas/Reference/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::adamas {

/// Runs `function` on `arguments` as the specification says, op by op: integers exactly, attention in f64. Arguments
/// must fit the function's types (static dimensions, element types; codes are u32 with trailing `[bits, D / 32]`,
/// pak-1). Returns the function's results; on bad arguments or data (buk-1, ref-2, nq-1, kv-5 as they are only known at
/// run time) emits one diagnostic at the op or function and fails. Ops: all of form 1 and 2, `arith.constant` of
/// tensors, `return`.
FailureOr<SmallVector<Tensor>> evaluate(func::FuncOp function, ArrayRef<Tensor> arguments);

} // namespace mlir::adamas

#endif // ADAMAS_REFERENCE_EVALUATE_H
