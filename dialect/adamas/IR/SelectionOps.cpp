// adamas.partition, adamas.histogram, adamas.threshold, adamas.compact and adamas.join: top-k, opened.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/OpVerification.h"
#include "adamas/IR/RowOpLevel.h"

using namespace mlir;
using namespace mlir::adamas;

static RankedTensorType i32Tensor(MLIRContext *context, ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, IntegerType::get(context, 32));
}

static LogicalResult inferRankError(std::optional<Location> loc, StringRef opName, StringRef operand, int64_t expected,
                                    int64_t got) {
  return inferenceError(loc, opName,
                        "expects '" + operand + "' to have rank " + Twine(expected) + " or, with query tokens, " +
                            Twine(expected + 1) + ", but got rank " + Twine(got));
}

//===--- partition ------------------------------------------------------------------------------------------------===//

LogicalResult PartitionOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  int64_t ways = adaptor.getWays();
  if (ways < 1 || ways >= INT32_MAX)
    return inferenceError(loc, getOperationName(), "expects 'ways' to be from 1 to 2147483646, but got " + Twine(ways));
  types.push_back(i32Tensor(context, {ways + 1}));
  return success();
}

LogicalResult PartitionOp::verify() {
  if (failed(verifyInferred(*this)))
    return failure();
  if (cast<ShapedType>(getCache().getType()).getRank() < 3)
    return emitOpError() << "expects 'cache' to have its tokens on axis 2, but got rank "
                         << cast<ShapedType>(getCache().getType()).getRank();
  if (int64_t(getTile()) < 1 || int64_t(getTile()) > INT32_MAX)
    return emitOpError() << "expects 'tile' to be from 1 to " << INT32_MAX << ", but got " << int64_t(getTile());
  return success();
}

//===--- histogram ------------------------------------------------------------------------------------------------===//

LogicalResult HistogramOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  auto distances = cast<ShapedType>(adaptor.getDistances().getType());
  if (distances.getRank() != 3 && distances.getRank() != 4)
    return inferRankError(loc, getOperationName(), "distances", 3, distances.getRank());
  // sel-6
  int64_t bins = adaptor.getBins();
  if (bins < 1 || bins > INT32_MAX)
    return inferenceError(loc, getOperationName(), "expects 'bins' to be from 1 to 2147483647, but got " + Twine(bins));
  auto ways = inferWays(loc, getOperationName(), adaptor.getParts());
  if (failed(ways))
    return failure();
  SmallVector<int64_t> shape(distances.getShape().drop_back());
  shape.append({*ways, bins});
  types.push_back(i32Tensor(context, shape));
  return success();
}

LogicalResult HistogramOp::verify() {
  // sel-6
  auto distance = getYieldedValue(getDistances()).getDefiningOp<DistanceOpInterface>();
  if (distance && int64_t(getBins()) <= distance.getBound())
    return emitOpError() << "expects 'bins' to be more than the largest distance, " << distance.getBound()
                         << ", but got " << int64_t(getBins());
  if (failed(verifyInferred(*this)) || failed(verifyForced(*this, getSink(), getRecent(), std::nullopt)))
    return failure();
  return verifyTokenOperands(*this, getDistances().getType(), getSeqLens(), getCandidates());
}

// One part is the whole row.
Level HistogramOp::getLevel() { return getParts() ? Level::Part : Level::Row; }
ADAMAS_DEFINE_PLACEMENT(HistogramOp)

//===--- threshold ------------------------------------------------------------------------------------------------===//

LogicalResult ThresholdOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  auto histogram = cast<ShapedType>(adaptor.getHistogram().getType());
  if (histogram.getRank() != 4 && histogram.getRank() != 5)
    return inferRankError(loc, getOperationName(), "histogram", 4, histogram.getRank());
  types.push_back(i32Tensor(context, histogram.getShape().drop_back(2)));
  types.push_back(i32Tensor(context, histogram.getShape().drop_back()));
  return success();
}

LogicalResult ThresholdOp::verify() {
  if (failed(verifyInferred(*this)) || failed(verifyPartAxes(*this, "histogram", getHistogram().getType())))
    return failure();
  // sel-6
  if (int64_t(getNeed()) < 0 || int64_t(getNeed()) > INT32_MAX)
    return emitOpError() << "expects 'need' to be from 0 to " << INT32_MAX << ", but got " << int64_t(getNeed());
  if (getHistogram().getType().getShape().back() < 1)
    return emitOpError() << "expects 'histogram' to have a static number of bins, 1 or more, but got "
                         << describeDims(getHistogram().getType().getShape().take_back(1));
  return success();
}

Level ThresholdOp::getLevel() { return Level::Row; }
ADAMAS_DEFINE_PLACEMENT(ThresholdOp)

//===--- compact --------------------------------------------------------------------------------------------------===//

LogicalResult CompactOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  auto distances = cast<ShapedType>(adaptor.getDistances().getType());
  if (distances.getRank() != 3 && distances.getRank() != 4)
    return inferRankError(loc, getOperationName(), "distances", 3, distances.getRank());
  if (int64_t(adaptor.getBudget()) < 1)
    return inferenceError(loc, getOperationName(),
                          "expects 'budget' to be from 1 to 2147483647, but got " +
                              Twine(int64_t(adaptor.getBudget())));
  auto ways = inferWays(loc, getOperationName(), adaptor.getParts());
  if (failed(ways))
    return failure();
  SmallVector<int64_t> shape(distances.getShape().drop_back());
  shape.push_back(*ways);
  types.push_back(nullptr);
  types.push_back(i32Tensor(context, shape));
  shape.push_back(adaptor.getBudget());
  types[0] = i32Tensor(context, shape);
  return success();
}

LogicalResult CompactOp::verify() {
  if (failed(verifyInferred(*this)) || failed(verifyForced(*this, getSink(), getRecent(), getBudget())) ||
      failed(verifyTokenOperands(*this, getDistances().getType(), getSeqLens(), getCandidates())))
    return failure();
  auto rows = getDistances().getType().getShape().drop_back();
  if (!compatible(getThreshold().getType().getShape(), rows))
    return emitOpError() << "expects 'threshold' to have one entry a row of 'distances', " << describeDims(rows)
                         << ", but got " << describeDims(getThreshold().getType().getShape());
  if (!compatible(getSkip().getType().getShape(), getLengths().getType().getShape()))
    return emitOpError() << "expects 'skip' to have one entry a row and part, "
                         << describeDims(getLengths().getType().getShape()) << ", but got "
                         << describeDims(getSkip().getType().getShape());
  return success();
}

Level CompactOp::getLevel() { return getParts() ? Level::Part : Level::Row; }
ADAMAS_DEFINE_PLACEMENT(CompactOp)

//===--- join -----------------------------------------------------------------------------------------------------===//

LogicalResult JoinOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  auto list = cast<ShapedType>(adaptor.getIndices().getType());
  if (list.getRank() != 4 && list.getRank() != 5)
    return inferRankError(loc, getOperationName(), "indices", 4, list.getRank());
  SmallVector<int64_t> shape(list.getShape().drop_back(2));
  auto lengths = i32Tensor(context, shape);
  shape.push_back(list.getShape().back());
  types.push_back(i32Tensor(context, shape));
  types.push_back(lengths);
  return success();
}

LogicalResult JoinOp::verify() {
  if (failed(verifyInferred(*this)) || failed(verifyPartAxes(*this, "indices", getIndices().getType())))
    return failure();
  auto list = getIndices().getType().getShape(), lengths = getLengths().getType().getShape();
  if (compatible(list.drop_back(), lengths))
    return success();
  return emitOpError() << "expects 'lengths' to have the shape of 'indices' without its last axis, "
                       << describeDims(list.drop_back()) << ", but got " << describeDims(lengths);
}

Level JoinOp::getLevel() { return Level::Row; }
ADAMAS_DEFINE_PLACEMENT(JoinOp)

//===--- add_part_axis --------------------------------------------------------------------------------------------===//

LogicalResult AddPartAxisOp::verify() {
  SmallVector<int64_t> asList(getInput().getType().getShape()), asLengths(asList);
  if (asList.size() < 2 || asList.size() > 4)
    return emitOpError() << "expects 'input' to be a list of rank 3 or 4 or its lengths, of rank 2 or 3, but got rank "
                         << asList.size();
  asList.insert(asList.end() - 1, 1);
  asLengths.push_back(1);
  ArrayRef<int64_t> result = getResult().getType().getShape();
  if (result == ArrayRef(asList) || result == ArrayRef(asLengths))
    return success();
  return emitOpError() << "expects the result to be 'input' with an axis of length 1 for the parts, "
                       << describeDims(asList) << " or " << describeDims(asLengths) << ", but got "
                       << describeDims(result);
}

Level AddPartAxisOp::getLevel() { return Level::Row; }
ADAMAS_DEFINE_PLACEMENT(AddPartAxisOp)
