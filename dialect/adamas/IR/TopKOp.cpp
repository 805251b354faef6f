// adamas.topk
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/OpVerification.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::adamas;

LogicalResult TopKOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  auto distances = cast<ShapedType>(adaptor.getDistances().getType());
  if (distances.getRank() != 3 && distances.getRank() != 4)
    return inferenceError(loc, getOperationName(),
                          "expects 'distances' to have rank 3 or, with query tokens, 4, but got rank " +
                              Twine(distances.getRank()));
  if (int64_t(adaptor.getBudget()) < 1)
    return inferenceError(loc, getOperationName(),
                          "expects 'budget' to be from 1 to 2147483647, but got " +
                              Twine(int64_t(adaptor.getBudget())));
  auto i32 = IntegerType::get(context, 32);
  SmallVector<int64_t> shape(distances.getShape());
  shape.back() = adaptor.getBudget();
  types.push_back(RankedTensorType::get(shape, i32));
  types.push_back(RankedTensorType::get(ArrayRef(shape).drop_back(), i32));
  return success();
}

std::optional<int64_t> TopKOp::getDistanceBound() {
  if (auto distance = getDistances().getDefiningOp<DistanceOpInterface>())
    return distance.getBound();
  return getBound();
}

LogicalResult TopKOp::verify() {
  if (failed(verifyInferred(*this)) || failed(verifyForced(*this, getSink(), getRecent(), getBudget())) ||
      failed(verifyTokenOperands(*this, getDistances().getType(), getSeqLens(), getCandidates())))
    return failure();
  // sel-6
  auto distance = getDistances().getDefiningOp<DistanceOpInterface>();
  if (!getBound()) {
    if (distance)
      return success();
    return emitOpError()
           << "expects 'bound', the largest distance, where 'distances' do not come from a distance op, but got none";
  }
  int64_t bound = *getBound();
  if (bound < 0 || bound > INT32_MAX - 1)
    return emitOpError() << "expects 'bound' to be from 0 to " << INT32_MAX - 1 << ", but got " << bound;
  // What has not been verified yet cannot be asked; its own bound is then the one that counts.
  if (distance && isVerifiedBefore(distance, *this) && bound < distance.getBound())
    return emitOpError() << "expects 'bound' to be at least that of the distances, " << distance.getBound()
                         << ", but got " << bound;
  return success();
}

namespace {
/// A bound that only repeats what the producer states.
struct DropRedundantBound : OpRewritePattern<TopKOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TopKOp op, PatternRewriter &rewriter) const override {
    auto distance = op.getDistances().getDefiningOp<DistanceOpInterface>();
    if (!distance || !op.getBound())
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.removeBoundAttr(); });
    return success();
  }
};
} // namespace

void TopKOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropRedundantBound>(context);
}
