// adamas-form-kernels: groups staged ops into kernels.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/KernelGroups.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/IR/Builders.h"

namespace mlir::adamas {
#define GEN_PASS_DEF_ADAMASFORMKERNELS
#include "adamas/Transforms/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

namespace {
struct FormKernels : mlir::adamas::impl::AdamasFormKernelsBase<FormKernels> {
  using AdamasFormKernelsBase::AdamasFormKernelsBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (lanes != 4 && lanes != 8 && lanes != 16) {
      function.emitError() << "expects option 'lanes' to be 4, 8 or 16, but got " << lanes;
      return signalPassFailure();
    }
    for (Block &block : function.getBody()) {
      hoistOthers(block);
      for (const KernelGroup &group : getKernelGroups(block)) {
        if (failed(form(group)))
          return signalPassFailure();
        ++numKernels;
      }
    }
  }

  /// Ops that are no staged ops, such as partitions and constants, depend on arguments only: they go first, so that the
  /// ops of a kernel lie together.
  void hoistOthers(Block &block) {
    Operation *firstStaged = nullptr;
    for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
      if (isa<StagedOpInterface>(op)) {
        if (!firstStaged)
          firstStaged = &op;
        continue;
      }
      bool free =
          llvm::all_of(op.getOperands(), [&](Value value) { return !value.getDefiningOp<StagedOpInterface>(); });
      if (firstStaged && free && isPure(&op))
        op.moveBefore(firstStaged);
    }
  }

  LogicalResult form(const KernelGroup &group) {
    StagedOpInterface last = group.ops.back();
    SmallVector<Value> yielded;
    for (StagedOpInterface op : group.ops) {
      if (!op.getPlacementKind())
        return op.emitOpError() << "expects a placement, but got none; run 'adamas-assign-placements' first";
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !llvm::is_contained(group.ops, user); }))
          yielded.push_back(result);
    }
    OpBuilder b(last);
    auto kernel = KernelOp::create(b, last.getLoc(), ValueRange(yielded).getTypes(), group.level,
                                   CpuAttr::get(&getContext(), lanes, popcount));
    Block *body = b.createBlock(&kernel.getBody());
    for (auto [result, value] : llvm::zip(kernel.getResults(), yielded))
      value.replaceUsesWithIf(result, [&](OpOperand &use) { return !llvm::is_contained(group.ops, use.getOwner()); });
    for (StagedOpInterface op : group.ops)
      op->moveBefore(body, body->end());
    b.setInsertionPointToEnd(body);
    YieldOp::create(b, last.getLoc(), yielded);
    return success();
  }
};
} // namespace
