// Attention in f64: the reference that att-2 measures against.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_REFERENCE_ATTENTION_H
#define ADAMAS_REFERENCE_ATTENTION_H

#include "adamas/Reference/Rows.h"
#include "adamas/Reference/Tensor.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <vector>

namespace mlir::adamas {

/// Attention of each row `[B, (Nq,) Hq]` over the tokens of each part, before any rounding. `parts` is 1 outside of
/// form 2. Entry `row * parts + p` belongs to part p of a row.
struct ExactAttention {
  reference::Rows rows;
  int64_t parts = 1, dim = 0;
  DType dtype = DType::F32;         // element type of query, key and value
  std::vector<double> output;       // `dim` for each entry
  std::vector<double> lse;          // natural logarithm (att-3)
  std::vector<double> largestScore; // s of att-2: the largest |scale q . k|, 0 in an empty set
  std::vector<bool> finite;         // att-2: no score, value or output that is not finite

  llvm::ArrayRef<double> outputOf(int64_t entry) const {
    return llvm::ArrayRef<double>(output).slice(entry * dim, dim);
  }
};

/// An output and its lse as an op gives them.
struct RoundedAttention {
  Tensor output, lse;
};

/// att-1, att-3 over lists. `query` `[B, (Nq,) Hq, D]`, `key` and `value` `[B or 1, Hkv, N, D]`; `indices` is
/// `[B, (Nq,) S, K]` with `lengths` `[B, (Nq,) S]`, or both with an axis of parts after S; S is Hq or Hkv. `scale` is
/// 1/sqrt(D) by default.
llvm::Expected<ExactAttention> attendListed(const Tensor &query, const Tensor &key, const Tensor &value,
                                            const Tensor &indices, const Tensor &lengths,
                                            std::optional<double> scale = {});

/// dns-1, nq-1: the same over every token that a row sees, or over those of them that each part holds.
llvm::Expected<ExactAttention> attendVisible(const Tensor &query, const Tensor &key, const Tensor &value,
                                             const Tensor &seqLens, const Tensor *parts = nullptr,
                                             std::optional<double> scale = {});

/// att-1: output rounded once to the element type, `[B, (Nq,) Hq, D]`, lse to f32.
RoundedAttention roundAttention(const ExactAttention &exact);

/// att-4: the f32 results of each part, `[B, (Nq,) Hq, W, D]` and `[B, (Nq,) Hq, W]`.
RoundedAttention roundPartialAttention(const ExactAttention &exact);

/// att-4: merges partial results over disjoint sets; the empty set is neutral.
llvm::Expected<RoundedAttention> mergeAttention(const Tensor &output, const Tensor &lse, DType dtype);

} // namespace mlir::adamas

#endif // ADAMAS_REFERENCE_ATTENTION_H
