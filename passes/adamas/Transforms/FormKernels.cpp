// adamas-form-kernels: groups staged ops into kernels.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/KernelGroups.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

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
      SmallVector<AppendOp> appends(block.getOps<AppendOp>());
      for (AppendOp append : appends)
        if (append.getPlacement() == Placement::Cluster ? failed(moveToReaders(append)) : failed(moveToRows(append)))
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

  /// Moves `append` into the kernel that reads what it writes, with that kernel's views of it.
  LogicalResult moveToReaders(AppendOp append) {
    KernelOp kernel;
    for (Operation *reader : getReaders(append)) {
      auto here = reader->getParentOfType<KernelOp>();
      if (here && kernel && here != kernel)
        return append.emitOpError()
               << "expects placement 'cluster' where one kernel reads the pools, but got two; place "
                  "it in 'global'";
      kernel = here ? here : kernel;
    }
    if (!kernel)
      return append.emitOpError()
             << "expects placement 'cluster' where a kernel reads the pools, but got none; place it "
                "in 'global'";
    Block &body = kernel.getBody().front();
    SmallVector<Operation *> users(append->getUsers());
    append->moveBefore(&body, body.begin());
    OpBuilder b(&getContext());
    b.setInsertionPointAfter(append);
    // What is left outside asks for shapes only, which are those of the pools before.
    IRMapping before;
    before.map(append.getResults(), ValueRange{append.getKey(), append.getValue(), append.getCodes()});
    auto isInside = [&](OpOperand &use) { return kernel->isProperAncestor(use.getOwner()); };
    for (Operation *user : users) {
      if (kernel->isProperAncestor(user) || isa<func::ReturnOp>(user))
        continue;
      if (auto view = dyn_cast<PagedViewOp>(user)) {
        Operation *inside = b.clone(*view);
        view.getResult().replaceUsesWithIf(inside->getResult(0), isInside);
      }
      for (OpOperand &operand : user->getOpOperands())
        operand.set(before.lookupOrDefault(operand.get()));
      if (isa<PagedViewOp>(user) && user->use_empty())
        user->erase();
    }
    return yieldPools(kernel, append);
  }

  /// Moves `append` into the first kernel, if that makes rows of the query's side and so precedes what reads the pools.
  LogicalResult moveToRows(AppendOp append) {
    auto kernels = append->getBlock()->getOps<KernelOp>();
    if (processor != Processor::Gpu || kernels.empty())
      return success();
    KernelOp kernel = *kernels.begin();
    if (kernel.getLevel() != Level::Row || !llvm::all_of(kernel.getBody().front().without_terminator(),
                                                         llvm::IsaPred<HadamardOp, BucketizePackOp, WeighOp>))
      return success();
    append->moveBefore(&kernel.getBody().front(), kernel.getBody().front().begin());
    return yieldPools(kernel, append);
  }

  /// What is used of the pools outside of `kernel`, which has `append` in it, leaves it as further results.
  LogicalResult yieldPools(KernelOp kernel, AppendOp append) {
    auto isOutside = [&](Operation *user) { return !kernel->isProperAncestor(user); };
    auto yield = cast<YieldOp>(kernel.getBody().front().back());
    SmallVector<Value> pools, yielded(yield.getValues());
    for (Value pool : append.getResults())
      if (llvm::any_of(pool.getUsers(), isOutside))
        pools.push_back(pool);
    if (pools.empty())
      return success();
    llvm::append_range(yielded, pools);
    OpBuilder b(kernel);
    auto next =
        KernelOp::create(b, kernel.getLoc(), ValueRange(yielded).getTypes(), kernel.getLevel(), kernel.getSchedule());
    for (auto [pool, result] : llvm::zip(pools, next.getResults().take_back(pools.size())))
      pool.replaceUsesWithIf(result, [&](OpOperand &use) { return isOutside(use.getOwner()); });
    next.getBody().takeBody(kernel.getBody());
    yield.getValuesMutable().assign(yielded);
    kernel.replaceAllUsesWith(next.getResults().drop_back(pools.size()));
    kernel.erase();
    return success();
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
                                     Engine::Popc, countCluster(group), /*sort=*/int64_t(1), AttentionEngine::Fma,
                                     /*distanceBits=*/int64_t(16), /*window=*/int64_t(4),
                                     /*candidateEngine=*/Engine::Choose, /*resident=*/int64_t(1));
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
