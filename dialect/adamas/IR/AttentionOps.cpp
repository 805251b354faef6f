// adamas.sparse_attention, adamas.dense_attention and their staged forms: one rule for query, key and value.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/OpVerification.h"
#include "adamas/IR/RowOpLevel.h"

using namespace mlir;
using namespace mlir::adamas;

static LogicalResult inferAttention(Type queryType, bool lse, SmallVectorImpl<Type> &types) {
  auto query = cast<RankedTensorType>(queryType);
  types.push_back(query);
  if (lse)
    types.push_back(RankedTensorType::get(query.getShape().drop_back(query.getRank() ? 1 : 0),
                                          Float32Type::get(query.getContext())));
  return success();
}

LogicalResult SparseAttentionOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                                  SmallVectorImpl<Type> &types) {
  return inferAttention(adaptor.getQuery().getType(), adaptor.getReturnLse(), types);
}

LogicalResult SparseAttentionOp::verify() {
  if (failed(verifyInferred(*this)) ||
      failed(verifyAttention(*this, getQuery().getType(), getKey().getType(), getValue().getType())))
    return failure();
  auto query = getQuery().getType();
  if (getIndices().getType().getRank() != query.getRank())
    return emitOpError() << "expects 'indices' to have rank " << query.getRank() << ", but got rank "
                         << getIndices().getType().getRank();
  return verifySelection(*this, getIndices().getType(), getLengths().getType(), query, getKey().getType());
}

LogicalResult DenseAttentionOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                                 SmallVectorImpl<Type> &types) {
  return inferAttention(adaptor.getQuery().getType(), adaptor.getReturnLse(), types);
}

LogicalResult DenseAttentionOp::verify() {
  if (failed(verifyInferred(*this)) ||
      failed(verifyAttention(*this, getQuery().getType(), getKey().getType(), getValue().getType())))
    return failure();
  return verifyLengths(*this, getSeqLens(), *getQueryAxes(getQuery().getType(), 1));
}

LogicalResult PartialAttentionOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                                   SmallVectorImpl<Type> &types) {
  auto query = cast<RankedTensorType>(adaptor.getQuery().getType());
  if (query.getRank() != 3 && query.getRank() != 4)
    return inferenceError(loc, getOperationName(),
                          "expects 'query' to have rank 3 or, with query tokens, 4, but got rank " +
                              Twine(query.getRank()));
  auto ways = inferWays(loc, getOperationName(), adaptor.getParts());
  if (failed(ways))
    return failure();
  if (Value list = adaptor.getIndices()) {
    auto type = inferRanked(loc, getOperationName(), "indices", list, query.getRank() + 1);
    if (!type)
      return failure();
    ways = type.getShape().take_back(2).front();
    if (*ways < 1)
      return inferenceError(loc, getOperationName(),
                            "expects 'indices' to have a static number of parts, 1 or more, but got " +
                                describeDims({*ways}));
  }
  SmallVector<int64_t> shape(query.getShape().drop_back());
  shape.push_back(*ways);
  auto f32 = Float32Type::get(context);
  types.push_back(nullptr);
  types.push_back(RankedTensorType::get(shape, f32));
  shape.push_back(query.getShape().back());
  types[0] = RankedTensorType::get(shape, f32);
  return success();
}

LogicalResult PartialAttentionOp::verify() {
  if (failed(verifyInferred(*this)) ||
      failed(verifyAttention(*this, getQuery().getType(), getKey().getType(), getValue().getType())))
    return failure();
  if (bool(getIndices()) == bool(getSeqLens()) || bool(getIndices()) != bool(getLengths()))
    return emitOpError() << "expects either 'indices' with 'lengths', or 'seq_lens'";
  if (getParts() && !getSeqLens())
    return emitOpError() << "expects 'parts' with 'seq_lens' only: a list has its own axis of parts";
  if (!getIndices())
    return verifyLengths(*this, getSeqLens(), *getQueryAxes(getQuery().getType(), 1));
  return verifySelection(*this, cast<ShapedType>(getIndices().getType()), cast<ShapedType>(getLengths().getType()),
                         getQuery().getType(), getKey().getType());
}

Level PartialAttentionOp::getLevel() { return getLse().getType().getShape().back() > 1 ? Level::Part : Level::Row; }
ADAMAS_DEFINE_PLACEMENT(PartialAttentionOp)

int64_t PartialAttentionOp::getHeadsPerItem() {
  int64_t items = cast<ShapedType>(getKey().getType()).getDimSize(1);
  if (getIndices()) // [..., selections, parts, slots]
    items = getIndices().getType().getShape().drop_back(2).back();
  return getQuery().getType().getShape().drop_back().back() / items;
}

LogicalResult MergeAttentionOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                                 SmallVectorImpl<Type> &types) {
  auto output = cast<RankedTensorType>(adaptor.getOutput().getType());
  if (output.getRank() != 4 && output.getRank() != 5)
    return inferenceError(loc, getOperationName(),
                          "expects 'output' to have rank 4 or, with query tokens, 5, but got rank " +
                              Twine(output.getRank()));
  Type element = adaptor.getElementType();
  if (!isa<Float16Type, BFloat16Type, Float32Type>(element)) {
    std::string text;
    llvm::raw_string_ostream(text) << element;
    return inferenceError(loc, getOperationName(),
                          "expects 'element_type' to be f16, bf16 or f32, but got '" + text + "'");
  }
  SmallVector<int64_t> shape(output.getShape().drop_back(2));
  auto lse = RankedTensorType::get(shape, Float32Type::get(context));
  shape.push_back(output.getShape().back());
  types.push_back(RankedTensorType::get(shape, element));
  types.push_back(lse);
  return success();
}

LogicalResult MergeAttentionOp::verify() {
  if (failed(verifyInferred(*this)) || failed(verifyPartAxes(*this, "output", getOutput().getType())))
    return failure();
  auto output = getOutput().getType().getShape(), lse = getLse().getType().getShape();
  if (compatible(output.drop_back(), lse))
    return success();
  return emitOpError() << "expects 'lse' to have the shape of 'output' without its last axis, "
                       << describeDims(output.drop_back()) << ", but got " << describeDims(lse);
}

Level MergeAttentionOp::getLevel() { return Level::Row; }
ADAMAS_DEFINE_PLACEMENT(MergeAttentionOp)
