// adamas-open-topk: form 1 to form 2 of a selection.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/Passes.h"
#include "mlir/IR/Builders.h"

namespace mlir::adamas {
#define GEN_PASS_DEF_ADAMASOPENTOPK
#include "adamas/Transforms/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

static void openTopK(TopKOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  int64_t bins = *op.getDistanceBound() + 1, budget = op.getBudget(), sink = op.getSink(), recent = op.getRecent();
  Value distances = op.getDistances(), lengths = op.getSeqLens(), candidates = op.getCandidates();
  auto histogram =
      HistogramOp::create(b, loc, distances, lengths, Value(), candidates, bins, sink, recent, PlacementAttr());
  auto threshold = ThresholdOp::create(b, loc, histogram.getResult(), budget - sink - recent, PlacementAttr());
  auto compact = CompactOp::create(b, loc, distances, threshold.getThreshold(), threshold.getSkip(), lengths, Value(),
                                   candidates, budget, sink, recent, PlacementAttr());
  auto join = JoinOp::create(b, loc, compact.getIndices(), compact.getLengths(), PlacementAttr());
  op.replaceAllUsesWith(join.getResults());
  op.erase();
}

namespace {
struct OpenTopK : mlir::adamas::impl::AdamasOpenTopKBase<OpenTopK> {
  void runOnOperation() override {
    getOperation()->walk([&](TopKOp op) { openTopK(op); });
  }
};
} // namespace
