// The rules of the specification, one plain function for each op of forms 1 and 2 (attention: see Attention.h).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_REFERENCE_RULES_H
#define ADAMAS_REFERENCE_RULES_H

#include "adamas/IR/AdamasDialect.h"
#include "adamas/Reference/Tensor.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <vector>

// Operands are taken to fit their op as its verifier says; what depends on data or on dynamic dimensions is checked
// here. An error's text reads on after the op's name: "expects ..., but got ...". A null pointer is an absent operand.

namespace mlir::adamas::reference {

//===----------------------------------------------------------------------===//
// Codes.cpp
//===----------------------------------------------------------------------===//

/// buk-1: an error, which names head and index, unless the set `[2^b - 1]` or each set of `[sets, 2^b - 1]` is finite
/// and strictly increasing.
llvm::Error checkThresholds(const Tensor &thresholds);

/// buk-1..5, pak-1: F32 `[.., D]` to codes U32 `[.., bits, D / 32]`.
llvm::Expected<Tensor> bucketizePack(const Tensor &input, const Tensor &thresholds, const Tensor *offset,
                                     int64_t headsAxis);

/// pak-1, pak-4: one code vector, `[bits, D / 32]` words, as D integers of its top `planes` planes.
void unpackCodes(llvm::ArrayRef<uint32_t> words, int64_t bits, int64_t planes, llvm::MutableArrayRef<uint8_t> codes);

//===----------------------------------------------------------------------===//
// Weigh.cpp
//===----------------------------------------------------------------------===//

/// wgt-1, wgt-2, wgt-4: F32 `[B, (Nq,) Hq, D]` to I8 `[B, (Nq,) S, D]`, S = `kvHeads` where given.
llvm::Expected<Tensor> weigh(const Tensor &rotated, int64_t range, int64_t cap, std::optional<int64_t> kvHeads);

//===----------------------------------------------------------------------===//
// Distance.cpp
//===----------------------------------------------------------------------===//

/// dst-1, dst-2, pak-4, sel-4, ref-1: I32 `[B, (Nq,) S, N or K]`, -1 where a row sees no such token.
llvm::Expected<Tensor> l1Distance(const Tensor &query, const Tensor &key, const Tensor *seqLens,
                                  const Tensor *candidates, int64_t planes, Policy policy);

/// wgt-3, pak-4, ref-1: the same shape.
llvm::Expected<Tensor> weightedDistance(const Tensor &weights, const Tensor &key, const Tensor *seqLens,
                                        const Tensor *candidates, int64_t planes);

//===----------------------------------------------------------------------===//
// TopK.cpp, Selection.cpp
//===----------------------------------------------------------------------===//

/// Lists of positions and how many each holds (sel-5).
struct Selection {
  Tensor indices, lengths;
};

/// sel-1: whether a row that sees `length` tokens must select `position`.
inline bool isForced(int64_t position, int64_t length, int64_t sink, int64_t recent) {
  return position < sink || position >= length - recent;
}

/// sel-1, sel-3: those positions, ascending: the first `sink` and the last `recent`, clipped to [0, length).
std::vector<int32_t> forcedPositions(int64_t length, int64_t sink, int64_t recent);

/// sel-1..5, ref-2.
llvm::Expected<Selection> topK(const Tensor &distances, const Tensor *seqLens, const Tensor *candidates, int64_t budget,
                               int64_t sink, int64_t recent, std::optional<int64_t> bound);

/// I32 `[ways + 1]`: boundaries of parts of whole tiles, as even as those allow.
llvm::Expected<Tensor> partition(int64_t tokens, int64_t ways, int64_t tile);

/// sel-6: I32 `[B, (Nq,) S, W, bins]`.
llvm::Expected<Tensor> histogram(const Tensor &distances, const Tensor *seqLens, const Tensor *parts,
                                 const Tensor *candidates, int64_t bins, int64_t sink, int64_t recent);

/// `threshold` `[B, (Nq,) S]` and `skip` `[B, (Nq,) S, W]` of sel-6.
struct Threshold {
  Tensor threshold, skip;
};
llvm::Expected<Threshold> threshold(const Tensor &histogram, int64_t need);

/// sel-2, sel-5, sel-6: `[B, (Nq,) S, W, budget]` and `[B, (Nq,) S, W]`.
llvm::Expected<Selection> compact(const Tensor &distances, const Threshold &at, const Tensor *seqLens,
                                  const Tensor *parts, const Tensor *candidates, int64_t budget, int64_t sink,
                                  int64_t recent);

/// sel-5: the lists of all parts as one.
llvm::Expected<Selection> join(const Tensor &indices, const Tensor &lengths);

/// An error unless `parts` ascends from 0 and reaches `tokens`.
llvm::Error checkParts(const Tensor &parts, int64_t tokens);

//===----------------------------------------------------------------------===//
// Cache.cpp
//===----------------------------------------------------------------------===//

/// The three pools of kv-1, kv-2.
struct Pools {
  Tensor key, value, codes;
};

/// kv-2, kv-3: `pools` with the new tokens written.
llvm::Expected<Pools> append(const Tensor &newKey, const Tensor &newValue, const Tensor &slots, Pools pools,
                             const Tensor &thresholds, const Tensor *offset, PoolLayout layout);

/// kv-1, kv-5: `[B, H, max_pages * page_size, trailing...]` of a pool of values or codes.
llvm::Expected<Tensor> pagedView(const Tensor &pool, const Tensor &pageTable, PoolLayout layout);

} // namespace mlir::adamas::reference

#endif // ADAMAS_REFERENCE_RULES_H
