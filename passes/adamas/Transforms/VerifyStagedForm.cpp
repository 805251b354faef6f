// adamas-verify-staged-form: the contract of form 2.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/Passes.h"

namespace mlir::adamas {
#define GEN_PASS_DEF_ADAMASVERIFYSTAGEDFORM
#include "adamas/Transforms/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

static LogicalResult refuse(Operation *op, StringRef pass) {
  InFlightDiagnostic diagnostic = op->emitOpError() << "is not part of the staged form";
  diagnostic.attachNote() << "this is likely due to a missing case in '" << pass << "'";
  return diagnostic;
}

/// The threshold that `compact` uses comes from a histogram of the same distances, divided alike.
static LogicalResult checkSelection(CompactOp compact) {
  auto threshold = compact.getThreshold().getDefiningOp<ThresholdOp>();
  auto histogram = threshold ? threshold.getHistogram().getDefiningOp<HistogramOp>() : HistogramOp();
  if (!histogram)
    return success();
  if (histogram.getDistances() == compact.getDistances() && histogram.getParts() == compact.getParts() &&
      histogram.getCandidates() == compact.getCandidates() && histogram.getSink() == compact.getSink() &&
      histogram.getRecent() == compact.getRecent())
    return success();
  InFlightDiagnostic diagnostic =
      compact.emitOpError()
      << "expects the distances, parts, candidates and forced tokens of the histogram behind its threshold";
  diagnostic.attachNote(histogram.getLoc())
      << "the histogram is here; this is likely due to a missing case in 'adamas-split-tokens'";
  return diagnostic;
}

namespace {
struct VerifyStagedForm : mlir::adamas::impl::AdamasVerifyStagedFormBase<VerifyStagedForm> {
  void runOnOperation() override {
    bool failedAny = false;
    getOperation()->walk([&](Operation *op) {
      LogicalResult result = success();
      if (isa<TopKOp>(op))
        result = refuse(op, "adamas-open-topk");
      else if (isa<SparseAttentionOp, DenseAttentionOp>(op))
        result = refuse(op, "adamas-open-attention");
      else if (auto compact = dyn_cast<CompactOp>(op))
        result = checkSelection(compact);
      failedAny |= failed(result);
    });
    if (failedAny)
      signalPassFailure();
  }
};
} // namespace
