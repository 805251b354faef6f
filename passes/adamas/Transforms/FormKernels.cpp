// adamas-form-kernels: groups staged ops into kernels.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/KernelGroups.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
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
      function.emitError() << "expects option 'lanes' to be 4, 8 or 16, but got " << int64_t(lanes);
      return signalPassFailure();
    }
    if (sm < 80) {
      function.emitError() << "expects option 'sm' to be 80 or more, but got " << int64_t(sm);
      return signalPassFailure();
    }
    for (Block &block : function.getBody()) {
      for (const KernelGroup &group : getKernelGroups(block, processor))
        if (failed(form(group)))
          return signalPassFailure();
      // What lay between the ops of a kernel, such as a partition, may use or make what the kernel makes or uses.
      if (!sortTopologically(&block)) {
        function.emitError() << "cannot be cut into kernels: two of them would need each other's results; give another "
                                "'fusion' to 'adamas-assign-placements'";
        return signalPassFailure();
      }
    }
  }

  /// CTAs of a cluster: the parts of what is placed there.
  static int64_t countCluster(const KernelGroup &group) {
    int64_t ways = 1;
    for (StagedOpInterface op : group.ops) {
      if (op.getPlacementKind() != Placement::Cluster)
        continue;
      if (auto histogram = dyn_cast<HistogramOp>(op.getOperation()))
        ways = countParts(histogram.getResult(), 1);
      else if (auto attention = dyn_cast<PartialAttentionOp>(op.getOperation()))
        ways = countParts(attention.getLse(), 0);
    }
    return ways;
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
    Attribute schedule = CpuAttr::get(&getContext(), lanes, popcount);
    if (processor == Processor::Gpu)
      schedule = GpuAttr::getChecked([&] { return last.emitOpError(); }, &getContext(), int64_t(sm),
                                     /*threads=*/int64_t(128), /*tokens=*/int64_t(2), /*iterations=*/int64_t(1),
                                     Engine::Popc, countCluster(group));
    if (!schedule)
      return failure();
    auto kernel = KernelOp::create(b, last.getLoc(), ValueRange(yielded).getTypes(), group.level, schedule);
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
