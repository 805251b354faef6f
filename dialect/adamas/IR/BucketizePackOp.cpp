// adamas.bucketize_pack
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/OpVerification.h"
#include "adamas/IR/RowOpLevel.h"
#include <cmath>

using namespace mlir;
using namespace mlir::adamas;

static LogicalResult inferError(std::optional<Location> loc, const Twine &message) {
  return inferenceError(loc, BucketizePackOp::getOperationName(), message);
}

LogicalResult BucketizePackOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                                SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  // buk-2: thresholds are an operand or an attribute.
  Value thresholds = adaptor.getThresholds();
  if (bool(thresholds) == bool(adaptor.getFixed()))
    return inferError(loc, Twine("expects thresholds either as an operand or as 'fixed', but got ") +
                               (thresholds ? "both" : "neither"));
  int64_t count = 0;
  if (thresholds) {
    auto type = inferRanked(loc, getOperationName(), "thresholds", thresholds);
    if (!type)
      return failure();
    count = type.getRank() ? type.getShape().back() : 0;
  } else {
    count = adaptor.getFixed()->size();
  }
  // buk-1
  auto bits = bitsOfThresholds(count);
  if (!bits)
    return inferError(loc, "expects 1, 3, 7 or 15 thresholds (2^b - 1 for b = 1..4), but got " + describeDims({count}));
  if (input.getRank() < 2)
    return inferError(loc, "expects 'input' to have rank 2 or more, but got rank " + Twine(input.getRank()));
  // pak-3
  int64_t dim = input.getShape().back();
  if (ShapedType::isDynamic(dim) || dim < 32 || dim > 1024 || (dim & (dim - 1)))
    return inferError(loc, "expects the last dimension of 'input' to be a power of two from 32 to 1024, but got " +
                               describeDims({dim}));
  types.push_back(RankedTensorType::get(input.getShape().drop_back(), CodesType::get(context, dim, *bits)));
  return success();
}

LogicalResult BucketizePackOp::verify() {
  if (failed(verifyInferred(*this)))
    return failure();
  auto input = getInput().getType();
  int64_t axis = getHeadAxis();
  if (axis < 0 || axis >= input.getRank() - 1)
    return emitOpError() << "expects 'heads_axis' to be an axis of 'input' before the last, 0 to "
                         << input.getRank() - 2 << ", but got " << axis;
  if (auto fixed = getFixed()) {
    // buk-1
    for (auto [i, t] : llvm::enumerate(*fixed)) {
      if (!std::isfinite(t))
        return emitOpError() << "expects finite thresholds, but number " << i << " of 'fixed' is not";
      if (i && !((*fixed)[i - 1] < t))
        return emitOpError() << "expects strictly increasing thresholds, but number " << i
                             << " of 'fixed' is not above number " << i - 1;
    }
    if (!getOffset())
      return success();
  }
  auto setsType = getThresholds()
                      ? cast<ShapedType>(getThresholds().getType())
                      : cast<ShapedType>(RankedTensorType::get({int64_t(getFixed()->size())}, input.getElementType()));
  return verifyThresholds(*this, setsType, getOffset(), input.getDimSize(axis), input.getShape().back());
}

ADAMAS_DEFINE_PLACEMENT(BucketizePackOp)

Level BucketizePackOp::getLevel() {
  // A key has an axis of tokens after its heads.
  return getHeadAxis() == getInput().getType().getRank() - 2 ? Level::Row : Level::Token;
}

Level mlir::adamas::getRowOpLevel(Operation *op) {
  for (Operation *user : getUsersAcrossKernels(op->getResult(0))) {
    if (auto codes = dyn_cast<BucketizePackOp>(user))
      return codes.getLevel();
    bool attention = isa<SparseAttentionOp, DenseAttentionOp, PartialAttentionOp>(user);
    if (attention && (user->getOperand(1) == op->getResult(0) || user->getOperand(2) == op->getResult(0)))
      return Level::Token;
  }
  // Nobody says: an axis of heads is static and there are few query tokens (nq-1).
  auto shape = cast<ShapedType>(op->getResult(0).getType()).getShape();
  bool cache = shape.size() == 4 && (ShapedType::isDynamic(shape[2]) || shape[1] > maxQueryTokens);
  return cache ? Level::Token : Level::Row;
}
