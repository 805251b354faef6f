// How long the ways to launch a decode step take, by estimate.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TARGET_COSTMODEL_H
#define ADAMAS_TARGET_COSTMODEL_H

#include "adamas/IR/AdamasDialect.h"
#include "adamas/Target/GpuTarget.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::adamas {

/// What a function does that takes time, for the batch and the length that are expected.
struct StepShape {
  /// A selection among all tokens.
  struct Selection {
    int64_t rows;           ///< selections: sequences times heads that select
    int64_t perKvHead;      ///< of them on one KV head, query tokens included
    int64_t codeBytes;      ///< of a token and KV head that the scan reads
    int64_t listed;         ///< tokens that it keeps
    bool weighted;          ///< distances are weighted ones
    bool refined;           ///< a second selection takes its list as candidates
    int64_t candidateBytes; ///< that the second distance reads of a candidate; 0 without one
    int64_t candidateBins;  ///< that it counts them in
  };
  /// Attention over a list.
  struct Attention {
    int64_t lists, listed;
    int64_t rowBytes;  ///< of a key and a value
    int64_t heads = 1; ///< that share a list
  };
  /// Attention over all tokens.
  struct Stream {
    int64_t rows; ///< sequences times KV heads
    int64_t rowBytes;
  };
  int64_t batch = 1, tokens = 1;
  llvm::SmallVector<Selection, 2> selections;
  llvm::SmallVector<Attention, 1> attentions;
  llvm::SmallVector<Stream, 1> streams;

  bool empty() const { return selections.empty() && streams.empty(); }
};

/// Whether a list of `slots` candidates, the distances of all `ways` parts and their `bins`, own and summed, leave a
/// CTA of a cluster the shared memory that its scan and outputs need.
bool fitsCluster(int64_t slots, int64_t bins, int64_t ways);

/// One way to launch a step.
struct LaunchEstimate {
  Fusion fusion = Fusion::Stages;
  int64_t ways = 1; ///< parts of the token axis
  double microseconds = 0;
};

/// The ways to launch `shape` on `target`, the fastest first. `fusion` and `ways` leave only those that they name,
/// unless they are `Choose` and 0. Never empty.
llvm::SmallVector<LaunchEstimate> estimateLaunches(const StepShape &shape, const GpuTarget &target,
                                                   Fusion fusion = Fusion::Choose, int64_t ways = 0);

/// Tokens of a sequence from which on `shape`, launched like this whatever the length, is faster than dense attention
/// for the same heads: at least 256, one more than its tokens if it never is, or 0 if there is nothing to compare.
int64_t estimateCrossover(const StepShape &shape, const GpuTarget &target, Fusion fusion, int64_t ways);

/// The same shape with `tokens` tokens a sequence.
StepShape withTokens(StepShape shape, int64_t tokens);

} // namespace mlir::adamas

#endif // ADAMAS_TARGET_COSTMODEL_H
