// What the tensors of a function become: places in the block of its kernels' parameters, and workspace.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOGPU_PROGRAMVALUES_H
#define ADAMAS_CONVERSION_ADAMASTOGPU_PROGRAMVALUES_H

#include "adamas/Conversion/AdamasToGPU/SizeExpressions.h"
#include "adamas/IR/AdamasOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::adamas {

class ProgramValues {
public:
  /// Gives every value of `function` that kernels share its place. Values that a kernel makes and nobody else is given
  /// are workspace, whose size follows from those of arguments.
  LogicalResult place(func::FuncOp function);
  /// Makes an `adamas_gpu.value` of each.
  void describe(OpBuilder &b, Location loc);

  /// What `kernel` adds to, and what it must hold at the start.
  SmallVector<std::pair<Value, int32_t>> getFills(Operation *kernel) const;
  /// Whether the function returns `value`.
  bool isResult(Value value) const { return results.contains(value); }

  SizeExpressions sizes(MLIRContext *context) const { return SizeExpressions(context, globals, extents); }

  GlobalViews globals;

private:
  LogicalResult placeAppend(AppendOp append);
  LogicalResult placePools(KernelOp kernel);
  LogicalResult placePaged(PagedViewOp view);
  void placeKernel(KernelOp kernel);
  void addWorkspace(Value value, KernelOp kernel);

  llvm::SetVector<Value> results;
  DenseMap<Value, Extent> extents;
};

/// A value whose first axis counts the sequences of `kernel`.
Value getBatchValue(KernelOp kernel);
/// The cache that gives `kernel` its token axis.
Value getCache(KernelOp kernel);

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOGPU_PROGRAMVALUES_H
