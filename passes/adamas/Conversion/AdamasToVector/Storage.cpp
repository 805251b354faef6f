// Where the values of form 2 lie in memory on a CPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/Storage.h"
#include "mlir/IR/Builders.h"

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
  // The largest 16-bit value stands for a padded slot of a candidate list.
  return op && op.getBound() < 0xffff ? IntegerType::get(distances.getContext(), 16) : i32;
}

/// The shape and element type in memory.
static std::pair<SmallVector<int64_t>, Type> getMemoryShape(Value value) {
  auto type = cast<ShapedType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  auto codes = dyn_cast<CodesType>(type.getElementType());
  if (!codes)
    return {shape, type.getElementType()};
  auto i32 = IntegerType::get(value.getContext(), 32);
  if (isKeyCodes(value)) {
    bool dynamic = ShapedType::isDynamic(shape[2]);
    int64_t tiles = dynamic ? ShapedType::kDynamic : (shape[2] + tileTokens - 1) / tileTokens;
    return {{shape[0], shape[1], codes.getBits(), tiles, codes.getWords(), tileTokens}, i32};
  }
  shape.append({int64_t(codes.getBits()), codes.getWords()});
  return {shape, i32};
}

MemRefType mlir::adamas::getBoundaryType(Value value) {
  auto [shape, element] = getMemoryShape(value);
  if (shape.empty())
    return MemRefType::get(shape, element);
  SmallVector<int64_t> strides(shape.size(), ShapedType::kDynamic);
  strides.back() = 1;
  if (isa<CodesType>(cast<ShapedType>(value.getType()).getElementType())) {
    // Whole code vectors are contiguous; a tile of key codes is.
    int64_t stride = 1;
    for (size_t i = shape.size(); i-- > shape.size() - 2;) {
      strides[i] = stride;
      stride *= shape[i];
    }
    if (isKeyCodes(value))
      strides[shape.size() - 3] = stride;
  }
  return MemRefType::get(shape, element, StridedLayoutAttr::get(value.getContext(), ShapedType::kDynamic, strides));
}

MemRefType mlir::adamas::getGlobalType(Value value) {
  auto [shape, element] = getMemoryShape(value);
  if (getYieldedValue(value).getDefiningOp<DistanceOpInterface>()) {
    element = getDistanceStorageType(value);
    if (!ShapedType::isDynamic(shape.back()))
      shape.back() = (shape.back() + tileTokens - 1) / tileTokens * tileTokens;
  }
  return MemRefType::get(shape, element);
}
