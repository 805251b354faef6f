// Rows of query-side tensors, what each of them sees, and lists of positions: what several rules share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_REFERENCE_ROWS_H
#define ADAMAS_REFERENCE_ROWS_H

#include "adamas/Reference/Tensor.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FormatVariadic.h"
#include <vector>

namespace mlir::adamas::reference {

/// An error whose text reads on after an op's name: "expects ..., but got ...".
template <typename... Ts> llvm::Error ruleError(const char *format, Ts &&...values) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                 llvm::Twine(llvm::formatv(format, std::forward<Ts>(values)...).str()));
}

/// A zeroed tensor, or an error where the host could not hold it: sizes come from attributes that a user writes.
llvm::Expected<Tensor> allocate(DType dtype, llvm::ArrayRef<int64_t> shape);

/// What `allocate` checks, without the memory.
llvm::Error checkFits(DType dtype, llvm::ArrayRef<int64_t> shape);

/// The leading axes of a query-side tensor `[B, (Nq,) heads, trailing...]`; Nq is 1 where the axis is left out.
struct Rows {
  int64_t batch = 0, queryTokens = 1, heads = 0;
  bool hasQueryTokens = false;

  int64_t count() const { return batch * queryTokens * heads; }
  int64_t at(int64_t b, int64_t i, int64_t h) const { return (b * queryTokens + i) * heads + h; }
  /// `[B, (Nq,) heads]` followed by `trailing`.
  llvm::SmallVector<int64_t> shape(llvm::ArrayRef<int64_t> trailing = {}) const;
  Rows withHeads(int64_t otherHeads) const;
  /// "sequence 1, query token 0, head 3", for diagnostics.
  std::string describe(int64_t b, int64_t i, int64_t h) const;
};

/// The rows of `tensor`, which has `trailing` axes after its heads; an error for another rank.
llvm::Expected<Rows> getRows(llvm::StringRef name, const Tensor &tensor, int64_t trailing);

/// An error unless `tensor`, the operand `name`, has exactly this shape.
llvm::Error expectShape(llvm::StringRef name, const Tensor &tensor, llvm::ArrayRef<int64_t> shape);

/// kv-1: an error unless axis 0 of the cache `name` is 1 or the query's batch.
llvm::Error expectBatch(llvm::StringRef name, const Tensor &cache, int64_t batch);

/// nq-1: how many tokens query token i of sequence b sees, at `b * Nq + i`: N_b - Nq + i + 1, and 0 in an empty
/// sequence. Without `seqLens` every sequence has `tokens` tokens. An error for a length below 0 or above `tokens`, or
/// 1 <= N_b < Nq.
llvm::Expected<std::vector<int64_t>> getVisibleLengths(const Rows &rows, const Tensor *seqLens, int64_t tokens);

/// sel-5, ref-1: the positions of a list: what comes before the first -1. An error unless they ascend strictly from 0,
/// stay below `limit`, and only -1 follows. `where` names the row.
llvm::Expected<llvm::ArrayRef<int32_t>> readList(llvm::StringRef name, llvm::ArrayRef<int32_t> list, int64_t limit,
                                                 const std::string &where);

} // namespace mlir::adamas::reference

#endif // ADAMAS_REFERENCE_ROWS_H
