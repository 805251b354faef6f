// What the axes of the values of form 2 stand for.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/ValueKinds.h"
#include "mlir/IR/Builders.h"
#include <numeric>

using namespace mlir;
using namespace mlir::adamas;

bool mlir::adamas::isKeyCodes(Value value) {
  if (!isa<CodesType>(cast<ShapedType>(value.getType()).getElementType()))
    return false;
  if (auto codes = getYieldedValue(value).getDefiningOp<BucketizePackOp>())
    return codes.getLevel() == Level::Token;
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    auto distance = dyn_cast<DistanceOpInterface>(user);
    return distance && distance.getKeyCodes() == value;
  });
}

ValueKind mlir::adamas::getValueKind(Value value) {
  auto type = cast<ShapedType>(value.getType());
  if (isKeyCodes(value))
    return ValueKind::KeyCodes;
  Value made = getYieldedValue(value);
  if (Operation *op = made.getDefiningOp()) {
    unsigned result = cast<OpResult>(made).getResultNumber();
    if (isa<HistogramOp, CompactOp, PartialAttentionOp, AddPartAxisOp>(op) || (isa<ThresholdOp>(op) && result == 1))
      return ValueKind::Parts;
    // The ops of form 1 that open, for the signature of a function that is not yet lowered.
    if (isa<TopKOp, SparseAttentionOp, DenseAttentionOp>(op))
      return ValueKind::Rows;
    if (auto staged = dyn_cast<StagedOpInterface>(op))
      return staged.getLevel() == Level::Token ? ValueKind::Cache : ValueKind::Rows;
    return type.getRank() == 1 ? ValueKind::Vector : ValueKind::Sets;
  }
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (auto codes = dyn_cast<BucketizePackOp>(user); codes && value != codes.getInput())
      return ValueKind::Sets;
    if (auto rows = dyn_cast<HadamardOp>(user); rows && rows.getLevel() == Level::Token)
      return ValueKind::Cache;
    if (auto rows = dyn_cast<BucketizePackOp>(user); rows && rows.getLevel() == Level::Token)
      return ValueKind::Cache;
    if (auto attention = dyn_cast<PartialAttentionOp>(user)) {
      if (value == attention.getKey() || value == attention.getValue())
        return ValueKind::Cache;
      if (value == attention.getIndices() || value == attention.getLengths())
        return ValueKind::Parts;
    }
    if (isa<ThresholdOp, JoinOp, MergeAttentionOp>(user))
      return ValueKind::Parts;
    if (auto compact = dyn_cast<CompactOp>(user); compact && value == compact.getSkip())
      return ValueKind::Parts;
  }
  // What nothing uses has no axis that must agree with another's.
  if (value.use_empty())
    return ValueKind::Sets;
  return type.getRank() == 1 ? ValueKind::Vector : ValueKind::Rows;
}

/// Trailing axes of what an op makes.
static std::optional<int64_t> getTrailingOfResult(Operation *op, unsigned result) {
  if (isa<HadamardOp, WeighOp, L1DistanceOp, WeightedDistanceOp>(op))
    return 1;
  if (isa<BucketizePackOp>(op))
    return 0;
  if (isa<HistogramOp>(op))
    return 2;
  if (isa<ThresholdOp>(op))
    return result;
  if (isa<CompactOp, PartialAttentionOp>(op))
    return 2 - result;
  if (isa<JoinOp, MergeAttentionOp>(op))
    return 1 - result;
  return std::nullopt;
}

/// Trailing axes of what an op takes as operand `use`.
static std::optional<int64_t> getTrailingOfOperand(OpOperand &use) {
  Operation *op = use.getOwner();
  Value value = use.get();
  if (isa<L1DistanceOp>(op))
    return value == cast<L1DistanceOp>(op).getCandidates() ? 1 : 0;
  if (isa<HadamardOp, WeighOp, BucketizePackOp, WeightedDistanceOp, HistogramOp>(op))
    return 1;
  if (isa<ThresholdOp>(op))
    return 2;
  if (auto compact = dyn_cast<CompactOp>(op))
    return value == compact.getThreshold() ? 0 : 1;
  if (isa<JoinOp, MergeAttentionOp>(op))
    return 2 - int64_t(use.getOperandNumber());
  if (auto attention = dyn_cast<PartialAttentionOp>(op))
    return value == attention.getIndices() ? 2 : 1;
  if (auto axis = dyn_cast<AddPartAxisOp>(op))
    for (OpOperand &next : axis.getResult().getUses())
      if (auto trailing = getTrailingOfOperand(next))
        return *trailing - 1;
  return std::nullopt;
}

int64_t mlir::adamas::getTrailingAxes(Value value) {
  Value made = getYieldedValue(value);
  if (Operation *op = made.getDefiningOp())
    if (auto trailing = getTrailingOfResult(op, cast<OpResult>(made).getResultNumber()))
      return *trailing;
  for (OpOperand &use : value.getUses())
    if (auto trailing = getTrailingOfOperand(use))
      return *trailing;
  return 1;
}

Type mlir::adamas::getDistanceStorageType(Value distances) {
  auto i32 = IntegerType::get(distances.getContext(), 32);
  auto op = getYieldedValue(distances).getDefiningOp<DistanceOpInterface>();
  // Below 2^15 - 1, so that two in a word can be compared at once with any threshold that is not beyond the bound by
  // more than one. All ones stand for a padded slot of a candidate list.
  return op && op.getBound() < 0x7fff ? IntegerType::get(distances.getContext(), 16) : i32;
}

/// Head counts of the values that `op` works on row by row.
static SmallVector<int64_t> getHeadCounts(StagedOpInterface op) {
  SmallVector<int64_t> counts;
  auto add = [&](Value value) {
    ValueKind kind = getValueKind(value);
    if (kind != ValueKind::Rows && kind != ValueKind::Parts)
      return;
    auto shape = cast<ShapedType>(value.getType()).getShape();
    counts.push_back(shape[shape.size() - getTrailingAxes(value) - 1]);
  };
  if (op.getLevel() == Level::Token) {
    counts.push_back(cast<ShapedType>(op->getOperand(0).getType()).getDimSize(1));
    return counts;
  }
  llvm::for_each(op->getOperands(), add);
  llvm::for_each(op->getResults(), add);
  return counts;
}

FailureOr<int64_t> mlir::adamas::getKvHeads(func::FuncOp function) {
  std::optional<int64_t> heads;
  WalkResult result = function.walk([&](Operation *op) {
    Value cache;
    if (auto distance = dyn_cast<DistanceOpInterface>(op))
      cache = distance.getKeyCodes();
    else if (auto attention = dyn_cast<PartialAttentionOp>(op))
      cache = attention.getKey();
    if (!cache)
      return WalkResult::advance();
    int64_t here = cast<ShapedType>(cache.getType()).getDimSize(1);
    if (heads && *heads != here) {
      op->emitOpError() << "expects one KV head count in a function, but got " << *heads << " and " << here;
      return WalkResult::interrupt();
    }
    heads = here;
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  bool fromCache = heads.has_value();
  int64_t common = heads.value_or(0);
  result = function.walk([&](StagedOpInterface op) {
    for (int64_t count : getHeadCounts(op)) {
      if (count < 1 || (fromCache && count % common != 0)) {
        op.emitOpError() << "expects static head counts that are multiples of the KV heads"
                         << (fromCache ? ", " + std::to_string(common) : std::string()) << ", but got "
                         << (count < 1 ? std::string("?") : std::to_string(count));
        return WalkResult::interrupt();
      }
      if (!fromCache)
        common = std::gcd(common, count);
    }
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  return std::max<int64_t>(common, 1);
}
