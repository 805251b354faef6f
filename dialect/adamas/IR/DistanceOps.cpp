// adamas.l1_distance and adamas.weighted_distance: one shape rule, two metrics.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/OpVerification.h"
#include "adamas/IR/RowOpLevel.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::adamas;

/// Distances are i32, and so is the number of bins of their histogram.
static constexpr int64_t maxBound = INT32_MAX - 1;

static CodesType codesOf(Value value) { return cast<CodesType>(cast<ShapedType>(value.getType()).getElementType()); }

/// The result of a distance: the candidate list's shape, or one distance a token for each of `selections` rows.
static LogicalResult inferDistance(std::optional<Location> loc, StringRef opName, ShapedType query, int64_t trailing,
                                   ShapedType key, Value candidates, std::optional<int64_t> selections,
                                   SmallVectorImpl<Type> &types) {
  auto i32 = IntegerType::get(query.getContext(), 32);
  if (candidates) {
    auto list = inferRanked(loc, opName, "candidates", candidates);
    if (!list)
      return failure();
    types.push_back(RankedTensorType::get(list.getShape(), i32));
    return success();
  }
  if (!getQueryAxes(query, trailing) || key.getRank() != 3)
    return inferenceError(loc, opName,
                          "expects a query of rank " + Twine(2 + trailing) + " or " + Twine(3 + trailing) +
                              " and a 'key' of rank 3, [batch, heads, tokens], but got ranks " +
                              Twine(query.getRank()) + " and " + Twine(key.getRank()));
  SmallVector<int64_t> shape = getRowPrefix(query, trailing);
  shape.push_back(selections.value_or(getQueryAxes(query, trailing)->heads));
  shape.push_back(key.getDimSize(2));
  types.push_back(RankedTensorType::get(shape, i32));
  return success();
}

/// What both metrics ask of their operands once the query's own type is known to fit the codes.
static LogicalResult verifyDistance(Operation *op, StringRef queryName, ShapedType query, int64_t trailing,
                                    int64_t selections, TypedValue<RankedTensorType> key, Value seqLens,
                                    Value candidates, std::optional<int64_t> planes) {
  if (failed(verifyQueryAxes(op, queryName, query, trailing)))
    return failure();
  QueryAxes axes = *getQueryAxes(query, trailing);
  if (failed(verifyCache(op, "key", key.getType(), 0, axes)) ||
      failed(verifyGroups(op, queryName, axes.heads, "key", key.getType().getDimSize(1))) ||
      failed(verifyLengths(op, seqLens, axes)))
    return failure();
  // pak-4
  int64_t bits = codesOf(key).getBits();
  if (planes && (*planes < 1 || *planes > bits))
    return op->emitOpError() << "expects 'planes' to be from 1 to the bits of the codes, " << bits << ", but got "
                             << *planes;
  if (!candidates)
    return success();
  // ref-1
  auto list = cast<ShapedType>(candidates.getType());
  SmallVector<int64_t> rows = getRowPrefix(query, trailing);
  rows.push_back(selections);
  if (list.getRank() != int64_t(rows.size()) + 1 || !compatible(list.getShape().drop_back(), rows))
    return op->emitOpError() << "expects 'candidates' to be one list a selection, " << describeDims(rows)
                             << "xK, but got " << describeDims(list.getShape());
  return success();
}

/// Distances of all tokens are made where they are counted: part by part if a user divides the token axis.
static Level getDistanceLevel(DistanceOpInterface op) {
  if (op.getCandidateList())
    return Level::Row;
  bool divided = llvm::any_of(getUsersAcrossKernels(op->getResult(0)), [](Operation *user) {
    auto staged = dyn_cast<StagedOpInterface>(user);
    return staged && isa<HistogramOp, CompactOp>(user) && staged.getLevel() == Level::Part;
  });
  return divided ? Level::Part : Level::Row;
}

//===----------------------------------------------------------------------===//
// l1_distance
//===----------------------------------------------------------------------===//

LogicalResult L1DistanceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                             SmallVectorImpl<Type> &types) {
  auto key = cast<ShapedType>(adaptor.getKey().getType());
  std::optional<int64_t> selections;
  // Default values are not there yet while the parser infers.
  PolicyAttr policy = adaptor.getPolicyAttr();
  if (policy && policy.getValue() == Policy::PerKvHead && key.getRank() == 3)
    selections = key.getDimSize(1);
  return inferDistance(loc, getOperationName(), cast<ShapedType>(adaptor.getQuery().getType()), 0, key,
                       adaptor.getCandidates(), selections, types);
}

LogicalResult L1DistanceOp::verify() {
  if (failed(verifyInferred(*this)))
    return failure();
  auto query = codesOf(getQuery()), key = codesOf(getKey());
  // dst-1
  if (query != key)
    return emitOpError() << "expects 'query' and 'key' to have the same dimension and bits, but got " << query
                         << " and " << key;
  auto axes = getQueryAxes(getQuery().getType(), 0);
  int64_t selections = getPolicy() == Policy::PerKvHead && getKey().getType().getRank() == 3
                           ? getKey().getType().getDimSize(1)
                       : axes ? axes->heads
                              : 0;
  if (failed(verifyDistance(*this, "query", getQuery().getType(), 0, selections, getKey(), getSeqLens(),
                            getCandidates(), getPlanes())))
    return failure();
  // sel-6: histograms have a bin more.
  if (getBound() > maxBound)
    return emitOpError() << "expects distances of at most " << maxBound << ", but a group of "
                         << axes->heads / getKey().getType().getDimSize(1) << " heads may reach more";
  return success();
}

int64_t L1DistanceOp::getPlanesRead() { return getPlanes().value_or(codesOf(getKey()).getBits()); }

int64_t L1DistanceOp::getBound() {
  // sel-6: m D, and G m D where the distances of a group are summed; pak-4: m of the planes read.
  int64_t group = getPolicy() == Policy::PerKvHead
                      ? getQueryAxes(getQuery().getType(), 0)->heads / getKey().getType().getDimSize(1)
                      : 1;
  // The verifier asks before it knows that the heads are few.
  return std::min(group, maxBound + 1) * ((int64_t(1) << getPlanesRead()) - 1) * codesOf(getKey()).getDim();
}

Value L1DistanceOp::getKeyCodes() { return getKey(); }
Value L1DistanceOp::getQuerySide() { return getQuery(); }
Value L1DistanceOp::getCandidateList() { return getCandidates(); }
Value L1DistanceOp::getLengths() { return getSeqLens(); }
Level L1DistanceOp::getLevel() { return getDistanceLevel(*this); }
ADAMAS_DEFINE_PLACEMENT(L1DistanceOp)

//===----------------------------------------------------------------------===//
// weighted_distance
//===----------------------------------------------------------------------===//

LogicalResult WeightedDistanceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                                   SmallVectorImpl<Type> &types) {
  return inferDistance(loc, getOperationName(), cast<ShapedType>(adaptor.getWeights().getType()), 1,
                       cast<ShapedType>(adaptor.getKey().getType()), adaptor.getCandidates(), std::nullopt, types);
}

LogicalResult WeightedDistanceOp::verify() {
  if (failed(verifyInferred(*this)))
    return failure();
  // wgt-3
  int64_t dim = codesOf(getKey()).getDim();
  auto weights = getWeights().getType();
  if (weights.getRank() < 1 || weights.getShape().back() != dim)
    return emitOpError() << "expects the last dimension of 'weights' to be " << dim << " as in 'key', but got "
                         << describeDims(weights.getShape().take_back(1));
  auto axes = getQueryAxes(weights, 1);
  return verifyDistance(*this, "weights", weights, 1, axes ? axes->heads : 0, getKey(), getSeqLens(), getCandidates(),
                        getPlanes());
}

int64_t WeightedDistanceOp::getPlanesRead() { return getPlanes().value_or(codesOf(getKey()).getBits()); }

int64_t WeightedDistanceOp::getBound() {
  // wgt-3; weights that do not come from `weigh` may be anything an i8 holds.
  int64_t dim = codesOf(getKey()).getDim(), largest = (int64_t(1) << getPlanesRead()) - 1;
  if (auto weigh = getYieldedValue(getWeights()).getDefiningOp<WeighOp>()) {
    // Clamped, since the verifier may ask before it has seen `weigh`.
    int64_t cap = std::clamp<int64_t>(weigh.getCap(), 1, 127);
    int64_t range = std::clamp<int64_t>(weigh.getRange().value_or(2 * dim), 1, 1 << 15);
    return largest * std::min(cap * dim, range + dim / 2 + 1);
  }
  return largest * 128 * dim;
}

Value WeightedDistanceOp::getKeyCodes() { return getKey(); }
Value WeightedDistanceOp::getQuerySide() { return getWeights(); }
Value WeightedDistanceOp::getCandidateList() { return getCandidates(); }
Value WeightedDistanceOp::getLengths() { return getSeqLens(); }
Level WeightedDistanceOp::getLevel() { return getDistanceLevel(*this); }
ADAMAS_DEFINE_PLACEMENT(WeightedDistanceOp)
