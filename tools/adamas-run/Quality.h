// How good a selection is: recall, attention mass captured, relative output error.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_QUALITY_H
#define ADAMAS_TOOLS_ADAMAS_RUN_QUALITY_H

#include "adamas-run/Inputs.h"
#include "adamas/Reference/Attention.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace mlir::adamas {

/// Means over all query heads of all sequences.
struct Quality {
  /// |S and S*| / |S*|, S* the exact top-k of each query head with the same forced tokens.
  double recall = 0;
  /// Share of the dense softmax that S holds.
  double mass = 0;
  /// ||o - o_dense|| / ||o_dense||, o_dense in f64.
  double error = 0;
  /// Heads left out of mass and error because NaN or infinity stands in their data.
  int64_t leftOut = 0;
};

/// Measures a selection: `indices` `[B, (Nq,) Hq or Hkv, K]` against `exact` `[B, (Nq,) Hq, K]` and `dense`. `output`
/// is what the target computed; without it, attention in f64 over the selection counts.
llvm::Expected<Quality> measureQuality(const Inputs &inputs, const ExactAttention &dense, const Tensor &exact,
                                       const Tensor &indices, const Tensor *output, std::optional<double> scale);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_QUALITY_H
