// Selections that others make from the same data: exact top-k, Quest, sinks with recent tokens.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_BASELINES_H
#define ADAMAS_TOOLS_ADAMAS_RUN_BASELINES_H

#include "adamas-run/Inputs.h"
#include <cstdint>
#include <vector>

namespace mlir::adamas {

/// Positions of each query head `[B, (Nq,) Hq]` from the best down, as many as any budget in use needs.
class Ranking {
public:
  /// By the f64 score q . k (NaN last), ties to the newest.
  static Ranking byScore(const Inputs &inputs, int64_t largestBudget, unsigned threads);
  /// Quest: by the bound sum_j max(q_j max_j, q_j min_j) of a token's page of `page` tokens, the last page first.
  static Ranking byPage(const Inputs &inputs, int64_t page, int64_t largestBudget, unsigned threads);

  /// I32 `[B, (Nq,) Hq, budget]`: forced tokens (spec sel-1) and then the best of the others, ascending, -1 padded.
  Tensor select(const Inputs &inputs, int64_t budget, int64_t sink, int64_t recent) const;

private:
  std::vector<std::vector<int32_t>> rows;
};

/// The first `sink` tokens and the last `budget - sink`, in the same form.
Tensor selectSinkRecent(const Inputs &inputs, int64_t budget, int64_t sink);

/// I32 lengths of lists that end at their first -1: the shape of `indices` without its last axis.
Tensor listLengths(const Tensor &indices);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_BASELINES_H
