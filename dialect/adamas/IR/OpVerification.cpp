// Checks that several ops share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/OpVerification.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::adamas;

std::optional<QueryAxes> mlir::adamas::getQueryAxes(ShapedType type, int64_t trailing) {
  int64_t leading = type.getRank() - trailing;
  if (leading != 2 && leading != 3)
    return std::nullopt;
  bool hasTokens = leading == 3;
  return QueryAxes{type.getDimSize(0), hasTokens, hasTokens ? type.getDimSize(1) : 1, type.getDimSize(leading - 1)};
}

SmallVector<int64_t> mlir::adamas::getRowPrefix(ShapedType type, int64_t trailing) {
  return SmallVector<int64_t>(type.getShape().drop_back(trailing + 1));
}

bool mlir::adamas::compatible(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() &&
         llvm::all_of(llvm::zip(a, b), [](auto pair) { return compatible(std::get<0>(pair), std::get<1>(pair)); });
}

std::string mlir::adamas::describeDims(ArrayRef<int64_t> shape) {
  return llvm::join(
      llvm::map_range(shape, [](int64_t d) { return ShapedType::isDynamic(d) ? std::string("?") : std::to_string(d); }),
      "x");
}

LogicalResult mlir::adamas::verifyHadamardDim(Operation *op, StringRef operand, int64_t dim) {
  // had-1
  if (!ShapedType::isDynamic(dim) && dim >= 2 && dim <= 1024 && llvm::isPowerOf2_64(dim))
    return success();
  return op->emitOpError() << "expects the last dimension of '" << operand
                           << "' to be a static power of two from 2 to 1024, but got " << describeDims({dim});
}

LogicalResult mlir::adamas::verifyQueryAxes(Operation *op, StringRef operand, ShapedType type, int64_t trailing) {
  auto axes = getQueryAxes(type, trailing);
  if (!axes)
    return op->emitOpError() << "expects '" << operand << "' to have rank " << 2 + trailing
                             << " or, with query tokens, " << 3 + trailing << ", but got rank " << type.getRank();
  // nq-1
  if (axes->queryTokens < 1 || axes->queryTokens > maxQueryTokens)
    return op->emitOpError() << "expects the query tokens of '" << operand << "' to be static, from 1 to "
                             << maxQueryTokens << ", but got " << describeDims({axes->queryTokens});
  if (axes->heads < 1)
    return op->emitOpError() << "expects the head count of '" << operand << "' to be static and positive, but got "
                             << describeDims({axes->heads});
  return success();
}

LogicalResult mlir::adamas::verifyPartAxes(Operation *op, StringRef operand, ShapedType type) {
  if (failed(verifyQueryAxes(op, operand, type, 2)))
    return failure();
  // sel-6, att-4
  int64_t parts = type.getShape().take_back(2).front();
  if (parts >= 1)
    return success();
  return op->emitOpError() << "expects the parts of '" << operand << "' to be static and positive, but got "
                           << describeDims({parts});
}

LogicalResult mlir::adamas::verifyCache(Operation *op, StringRef operand, ShapedType type, int64_t trailing,
                                        const QueryAxes &query) {
  // kv-1
  if (type.getRank() != 3 + trailing)
    return op->emitOpError() << "expects '" << operand << "' to have rank " << 3 + trailing << ", [batch, heads, tokens"
                             << (trailing ? ", dimension]" : "]") << ", but got rank " << type.getRank();
  if (type.getDimSize(1) < 1)
    return op->emitOpError() << "expects the head count of '" << operand << "' to be static and positive, but got "
                             << describeDims({type.getDimSize(1)});
  if (type.getDimSize(0) != 1 && !compatible(type.getDimSize(0), query.batch))
    return op->emitOpError() << "expects the batch of '" << operand << "' to be 1 or that of the query, " << query.batch
                             << ", but got " << type.getDimSize(0);
  return success();
}

LogicalResult mlir::adamas::verifyGroups(Operation *op, StringRef queryName, int64_t queryHeads, StringRef keyName,
                                         int64_t keyHeads) {
  // dst-2
  if (queryHeads % keyHeads == 0)
    return success();
  return op->emitOpError() << "expects the head count of '" << queryName << "' to be a multiple of that of '" << keyName
                           << "', but got " << queryHeads << " and " << keyHeads;
}

LogicalResult mlir::adamas::verifyLengths(Operation *op, Value seqLens, const QueryAxes &query) {
  if (!seqLens)
    return success();
  int64_t count = cast<ShapedType>(seqLens.getType()).getDimSize(0);
  if (compatible(count, query.batch))
    return success();
  return op->emitOpError() << "expects 'seq_lens' to have one length a sequence, " << query.batch << ", but got "
                           << count;
}

LogicalResult mlir::adamas::verifyTokenOperands(Operation *op, ShapedType distances, Value seqLens,
                                                Value candidates) {
  if (failed(verifyQueryAxes(op, "distances", distances, 1)) ||
      failed(verifyLengths(op, seqLens, *getQueryAxes(distances, 1))))
    return failure();
  if (!candidates)
    return success();
  // ref-1, ref-2
  auto list = cast<ShapedType>(candidates.getType());
  if (!compatible(list.getShape(), distances.getShape()))
    return op->emitOpError() << "expects 'candidates' to have the shape of 'distances', "
                             << describeDims(distances.getShape()) << ", but got " << describeDims(list.getShape());
  if (!seqLens)
    return op->emitOpError() << "expects 'seq_lens' where 'candidates' are given, but got none";
  return success();
}

LogicalResult mlir::adamas::verifyForced(Operation *op, int64_t sink, int64_t recent, std::optional<int64_t> budget) {
  // sel-1
  if (sink < 0)
    return op->emitOpError() << "expects 'sink' to be at least 0, but got " << sink;
  if (recent < 1)
    return op->emitOpError() << "expects 'recent' to be at least 1, but got " << recent;
  if (!budget) {
    if (sink > INT32_MAX || recent > INT32_MAX - sink)
      return op->emitOpError() << "expects 'sink' + 'recent' to be at most " << INT32_MAX << ", but got " << sink
                               << " + " << recent;
    return success();
  }
  if (*budget < 1 || *budget > INT32_MAX)
    return op->emitOpError() << "expects 'budget' to be from 1 to " << INT32_MAX << ", but got " << *budget;
  // sel-3
  if (sink > *budget || recent > *budget - sink)
    return op->emitOpError() << "expects 'sink' + 'recent' to be at most 'budget' " << *budget << ", but got " << sink
                             << " + " << recent;
  return success();
}

LogicalResult mlir::adamas::verifyAttention(Operation *op, ShapedType query, ShapedType key, ShapedType value) {
  if (failed(verifyQueryAxes(op, "query", query, 1)))
    return failure();
  QueryAxes axes = *getQueryAxes(query, 1);
  if (failed(verifyCache(op, "key", key, 1, axes)) || failed(verifyCache(op, "value", value, 1, axes)))
    return failure();
  // att-1
  if (query.getElementType() != key.getElementType() || key.getElementType() != value.getElementType())
    return op->emitOpError() << "expects 'query', 'key' and 'value' to have the same element type, but got "
                             << query.getElementType() << ", " << key.getElementType() << " and "
                             << value.getElementType();
  // One type is printed for both.
  if (key != value)
    return op->emitOpError() << "expects 'value' to have the type of 'key', " << key << ", but got " << value;
  int64_t dim = query.getShape().back();
  if (ShapedType::isDynamic(dim) || dim < 1 || dim != key.getShape().back())
    return op->emitOpError() << "expects 'query' and 'key' to have one static last dimension, but got "
                             << describeDims({dim}) << " and " << describeDims({key.getShape().back()});
  return verifyGroups(op, "query", axes.heads, "key", key.getDimSize(1));
}

LogicalResult mlir::adamas::verifySelection(Operation *op, ShapedType list, ShapedType lengths, ShapedType query,
                                            ShapedType key) {
  if (lengths.getRank() != list.getRank() - 1 || !compatible(list.getShape().drop_back(), lengths.getShape()))
    return op->emitOpError() << "expects 'lengths' to have the shape of 'indices' without its last axis, "
                             << describeDims(list.getShape().drop_back()) << ", but got "
                             << describeDims(lengths.getShape());
  ArrayRef<int64_t> rows = query.getShape().drop_back();
  int64_t lead = rows.size();
  if (list.getRank() <= lead || !compatible(list.getShape().take_front(lead - 1), rows.drop_back()))
    return op->emitOpError() << "expects 'indices' to begin with the batch and query tokens of 'query', "
                             << describeDims(rows.drop_back()) << ", but got " << describeDims(list.getShape());
  // sel-4
  int64_t selections = list.getDimSize(lead - 1);
  if (selections != rows.back() && selections != key.getDimSize(1))
    return op->emitOpError() << "expects 'indices' to have one list per query head, " << rows.back()
                             << ", or per KV head, " << key.getDimSize(1) << ", but got " << describeDims({selections});
  return success();
}

std::optional<unsigned> mlir::adamas::bitsOfThresholds(int64_t count) {
  for (unsigned bits = 1; bits <= 4; ++bits)
    if (count == (int64_t(1) << bits) - 1)
      return bits;
  return std::nullopt;
}

LogicalResult mlir::adamas::verifyThresholds(Operation *op, ShapedType thresholds, Value offset, int64_t heads,
                                             int64_t dim) {
  // buk-2
  if (thresholds.getRank() != 1 && thresholds.getRank() != 2)
    return op->emitOpError() << "expects 'thresholds' to be [2^b - 1] or [heads, 2^b - 1], but got rank "
                             << thresholds.getRank();
  if (heads < 1)
    return op->emitOpError() << "expects a static and positive number of heads, but got " << describeDims({heads});
  int64_t sets = thresholds.getRank() == 2 ? thresholds.getDimSize(0) : 1;
  if (sets < 1 || heads % sets != 0)
    return op->emitOpError() << "expects the heads, " << describeDims({heads})
                             << ", to be a multiple of the threshold sets, but got " << describeDims({sets});
  if (!offset)
    return success();
  // buk-5
  auto shape = cast<ShapedType>(offset.getType()).getShape();
  if (shape.size() != 2 || shape[0] != heads || shape[1] != dim)
    return op->emitOpError() << "expects 'offset' to be [heads, dimension], " << describeDims({heads, dim})
                             << ", but got " << describeDims(shape);
  return success();
}

LogicalResult mlir::adamas::inferenceError(std::optional<Location> loc, StringRef opName, const Twine &message) {
  return emitOptionalError(loc, "'", opName, "' op ", message);
}

RankedTensorType mlir::adamas::inferRanked(std::optional<Location> loc, StringRef opName, StringRef operand,
                                           Value value, std::optional<int64_t> rank) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (type && (!rank || type.getRank() == *rank))
    return type;
  std::string text;
  llvm::raw_string_ostream(text) << value.getType();
  (void)inferenceError(loc, opName,
                       "expects '" + operand + "' to be a tensor of " +
                           (rank ? "rank " + Twine(*rank).str() : "some rank") + ", but got '" + text + "'");
  return nullptr;
}

FailureOr<int64_t> mlir::adamas::inferWays(std::optional<Location> loc, StringRef opName, Value parts) {
  if (!parts)
    return 1;
  auto type = inferRanked(loc, opName, "parts", parts, 1);
  if (!type)
    return failure();
  int64_t boundaries = type.getDimSize(0);
  if (boundaries >= 2)
    return boundaries - 1;
  return inferenceError(loc, opName,
                        "expects 'parts' to hold a static number of boundaries, 2 or more, but got " +
                            describeDims({boundaries}));
}

bool mlir::adamas::isVerifiedBefore(Operation *producer, Operation *user) {
  Operation *ancestor = producer->getBlock() ? producer->getBlock()->findAncestorOpInBlock(*user) : nullptr;
  return ancestor && ancestor != producer && producer->isBeforeInBlock(ancestor);
}
