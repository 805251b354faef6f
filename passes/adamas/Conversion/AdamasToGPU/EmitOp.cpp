// Which lowering an op has on GPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::adamas;

LogicalResult mlir::adamas::emitOp(ThreadBuilder &b, Operation &op, ArrayRef<HistogramOp> histograms) {
  b.setLoc(op.getLoc());
  return TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](HadamardOp o) { return emitHadamard(b, o); })
      .Case([&](BucketizePackOp o) { return emitBucketizePack(b, o); })
      .Case([&](WeighOp o) { return emitWeigh(b, o); })
      .Case([&](HistogramOp o) {
        // A scan counts its tokens itself.
        return o.getCandidates() ? emitCandidateHistogram(b, o) : success();
      })
      .Case([&](ThresholdOp o) { return emitThreshold(b, o); })
      .Case([&](CompactOp o) { return emitCompact(b, o); })
      .Case([&](JoinOp o) { return emitJoin(b, o); })
      .Case([&](AddPartAxisOp o) { return emitAddPartAxis(b, o); })
      .Case([&](PartialAttentionOp o) { return emitPartialAttention(b, o); })
      .Case([&](MergeAttentionOp o) { return emitMergeAttention(b, o); })
      .Case([&](DistanceOpInterface o) {
        return o.getCandidateList() ? emitCandidateDistance(b, o) : emitScan(b, o, histograms);
      })
      .Default([](Operation *o) { return o->emitOpError() << "is not lowered to GPUs"; });
}
