// The data of a run: queries, keys, values and lengths, checked.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_INPUTS_H
#define ADAMAS_TOOLS_ADAMAS_RUN_INPUTS_H

#include "adamas/Reference/Tensor.h"
#include "support/Safetensors.h"
#include "llvm/Support/Error.h"

namespace mlir::adamas {

struct Inputs {
  /// `[B, Hq, D]`, or `[B, Nq, Hq, D]` with Nq of 2 or more; an axis of one query token is left out.
  Tensor query;
  /// `[B or 1, Hkv, N, D]` (spec kv-1).
  Tensor key, value;
  /// I32 `[B]`; N each where the file has none.
  Tensor seqLens;
  /// Whether the file's query has the axis of query tokens, so that results have it too.
  bool writeQueryTokens = false;

  int64_t batch() const { return query.dim(0); }
  int64_t queryTokens() const { return query.rank() == 4 ? query.dim(1) : 1; }
  int64_t queryHeads() const { return query.dim(-2); }
  int64_t kvHeads() const { return key.dim(1); }
  int64_t tokens() const { return key.dim(2); }
  int64_t headDim() const { return key.dim(3); }
  /// Tokens that query token `i` of sequence `b` sees (spec nq-1).
  int64_t visible(int64_t b, int64_t i) const {
    int64_t length = seqLens.getInt(b);
    return length == 0 ? 0 : length - queryTokens() + i + 1;
  }
  /// Mean of `visible`.
  double meanVisible() const;
};

/// Loads `query`, `key`, `value` and `seq_lens`. Errors name the file and tensor, what was expected and what came.
llvm::Expected<Inputs> loadInputs(const SafetensorsFile &file);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_INPUTS_H
