// Checks that several ops share. Each emits one diagnostic that names the operand, what was expected and what came.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_IR_OPVERIFICATION_H
#define ADAMAS_IR_OPVERIFICATION_H

#include "adamas/IR/AdamasOps.h"

namespace mlir::adamas {

/// nq-1
constexpr int64_t maxQueryTokens = 8;

/// The axes of a query-side tensor `[B, (Nq,) heads, trailing...]`.
struct QueryAxes {
  int64_t batch;
  bool hasQueryTokens;
  int64_t queryTokens; // 1 where the axis is left out
  int64_t heads;
};

/// Splits `[B, (Nq,) heads]` plus `trailing` further axes; none if the rank fits neither form.
std::optional<QueryAxes> getQueryAxes(ShapedType type, int64_t trailing);

/// The leading `[B, (Nq,)]` of a query-side shape with `trailing` axes after the heads.
SmallVector<int64_t> getRowPrefix(ShapedType type, int64_t trailing);

/// Whether two dimensions can be equal at run time.
inline bool compatible(int64_t a, int64_t b) { return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b; }
bool compatible(ArrayRef<int64_t> a, ArrayRef<int64_t> b);

/// `4x?x64`, for diagnostics.
std::string describeDims(ArrayRef<int64_t> shape);

/// had-1: a static power of two from 2 to 1024.
LogicalResult verifyHadamardDim(Operation *op, StringRef operand, int64_t dim);

/// nq-1 and static heads: the rank fits, Nq is static and 1..8, the head count is static and positive.
LogicalResult verifyQueryAxes(Operation *op, StringRef operand, ShapedType type, int64_t trailing);

/// nq-1 and static parts: a staged value `[B, (Nq,) heads, parts, trailing]`, whose rank inference has checked.
LogicalResult verifyPartAxes(Operation *op, StringRef operand, ShapedType type);

/// kv-1: a cache `[B or 1, heads, N]` with `trailing` further axes whose batch agrees with the query's.
LogicalResult verifyCache(Operation *op, StringRef operand, ShapedType type, int64_t trailing, const QueryAxes &query);

/// dst-2: the query's head count is a multiple of the cache's.
LogicalResult verifyGroups(Operation *op, StringRef queryName, int64_t queryHeads, StringRef keyName, int64_t keyHeads);

/// Lengths, one a sequence.
LogicalResult verifyLengths(Operation *op, Value seqLens, const QueryAxes &query);

/// `seqLens`, `parts` and `candidates` of an op whose distances have type `distances`.
LogicalResult verifyTokenOperands(Operation *op, ShapedType distances, Value seqLens, Value candidates);

/// sel-1, sel-3: sink >= 0, recent >= 1, sink + recent <= budget, or what an i32 holds where there is none.
LogicalResult verifyForced(Operation *op, int64_t sink, int64_t recent, std::optional<int64_t> budget);

/// att-1: query, key and value.
LogicalResult verifyAttention(Operation *op, ShapedType query, ShapedType key, ShapedType value);

/// A list `[B, (Nq,) S, extra..., K]` against the query: S is Hq or Hkv (sel-4).
LogicalResult verifySelection(Operation *op, ShapedType list, ShapedType lengths, ShapedType query, ShapedType key);

/// buk-1, buk-2, buk-5 of operands: thresholds `[sets?, 2^b - 1]`, offset `[heads, D]`, for `heads` heads.
LogicalResult verifyThresholds(Operation *op, ShapedType thresholds, Value offset, int64_t heads, int64_t dim);

/// Bits of a set of `count` thresholds (2^b - 1), or none.
std::optional<unsigned> bitsOfThresholds(int64_t count);

/// Emits "'op-name' op message" during type inference, where no op exists yet.
LogicalResult inferenceError(std::optional<Location> loc, StringRef opName, const Twine &message);

/// What inference checks, and that its types are those of the results. Inference comes after the verifier where types
/// are written out, so a verifier begins with this and may then rely on it.
template <typename OpTy> LogicalResult verifyInferred(OpTy op) {
  SmallVector<Type> types;
  if (failed(OpTy::inferReturnTypes(op->getContext(), op->getLoc(), op->getOperands(),
                                    op->getDiscardableAttrDictionary(), op->getPropertiesStorage(), op->getRegions(),
                                    types)))
    return failure();
  if (op->getResultTypes() == TypeRange(types))
    return success();
  return op->emitOpError() << "expects results of type " << types << ", but got " << op->getResultTypes();
}

/// The type of `value` during inference: the parser infers before any verifier has seen the operands, so they may have
/// any type. Where it is no ranked tensor, or not of `rank`, emits a diagnostic and gives null.
RankedTensorType inferRanked(std::optional<Location> loc, StringRef opName, StringRef operand, Value value,
                             std::optional<int64_t> rank = std::nullopt);

/// The number of parts that `parts` has boundaries of, 1 without it, during inference.
FailureOr<int64_t> inferWays(std::optional<Location> loc, StringRef opName, Value parts);

/// Whether the verifier has been at `producer` before it comes to `user`. It visits ops in their order, and not before
/// their operands where a graph region, or a fault not found yet, has them in another.
bool isVerifiedBefore(Operation *producer, Operation *user);

} // namespace mlir::adamas

#endif // ADAMAS_IR_OPVERIFICATION_H
