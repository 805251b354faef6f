// What each axis of a value of form 1 counts, found from the ops that use the value.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/AxisRoles.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::adamas;

static ShapedType shapedType(Value value) { return cast<ShapedType>(value.getType()); }

/// `[B, (Nq,) tail...]`; none if the rank fits neither form.
static std::optional<AxisRoles> queryRoles(Value value, ArrayRef<Axis> tail, bool data = false) {
  int64_t leading = shapedType(value).getRank() - int64_t(tail.size());
  if (leading != 1 && leading != 2)
    return std::nullopt;
  AxisRoles roles{{Axis::Other}, /*querySide=*/true, data};
  if (leading == 2)
    roles.axes.push_back(Axis::QueryTokens);
  roles.axes.append(tail.begin(), tail.end());
  return roles;
}

static AxisRoles plainRoles(ArrayRef<Axis> axes, bool data = false) {
  return {SmallVector<Axis, 5>(axes), /*querySide=*/false, data};
}

static std::optional<AxisRoles> lengthsRoles() { return plainRoles({Axis::Other}); }

/// Rows of a key, `[.., Hkv, .., D]`, or of a query: the heads of a query stand right before its dimension.
static std::optional<AxisRoles> bucketizedRoles(BucketizePackOp op) {
  int64_t rank = op.getInput().getType().getRank(), heads = op.getHeadAxis();
  if (heads == rank - 2)
    if (auto roles = queryRoles(op.getInput(), {Axis::QueryHeads, Axis::Dim}))
      return roles;
  AxisRoles roles = plainRoles(SmallVector<Axis>(rank, Axis::Other));
  roles.axes[heads] = Axis::KvHeads;
  roles.axes.back() = Axis::Dim;
  return roles;
}

static AxisRoles thresholdsRoles(Value thresholds) {
  if (shapedType(thresholds).getRank() == 1)
    return plainRoles({Axis::Thresholds});
  return plainRoles({Axis::ThresholdSets, Axis::Thresholds});
}

static AxisRoles poolRoles(Value pool, PoolLayout layout) {
  AxisRoles roles = layout == PoolLayout::HeadMajor ? plainRoles({Axis::Other, Axis::KvHeads, Axis::Other})
                                                    : plainRoles({Axis::Other, Axis::Other, Axis::KvHeads});
  if (!isa<CodesType>(shapedType(pool).getElementType())) {
    roles.axes.push_back(Axis::Dim);
    roles.data = true;
  }
  return roles;
}

static std::optional<AxisRoles> attentionRoles(Value operand, Value query, Value key, Value value) {
  if (operand == query)
    return queryRoles(operand, {Axis::QueryHeads, Axis::Dim}, /*data=*/true);
  if (operand == key || operand == value)
    return plainRoles({Axis::Other, Axis::KvHeads, Axis::Other, Axis::Dim}, /*data=*/true);
  return std::nullopt;
}

static std::optional<AxisRoles> appendRoles(AppendOp op, Value operand) {
  if (operand == op.getNewKey() || operand == op.getNewValue())
    return plainRoles({Axis::Other, Axis::KvHeads, Axis::Dim}, /*data=*/true);
  if (operand == op.getSlots())
    return lengthsRoles();
  if (operand == op.getThresholds())
    return thresholdsRoles(operand);
  if (operand == op.getOffset())
    return plainRoles({Axis::KvHeads, Axis::Dim});
  return poolRoles(operand, op.getLayout());
}

std::optional<AxisRoles> mlir::adamas::getAxisRoles(OpOperand &use) {
  Value operand = use.get();
  return TypeSwitch<Operation *, std::optional<AxisRoles>>(use.getOwner())
      .Case([&](HadamardOp op) -> std::optional<AxisRoles> {
        for (OpOperand &rotated : op.getResult().getUses())
          if (auto roles = getAxisRoles(rotated)) {
            roles->data = true;
            return roles;
          }
        return std::nullopt;
      })
      .Case([&](WeighOp) { return queryRoles(operand, {Axis::QueryHeads, Axis::Dim}); })
      .Case([&](BucketizePackOp op) -> std::optional<AxisRoles> {
        if (operand == op.getInput())
          return bucketizedRoles(op);
        if (operand == op.getThresholds())
          return thresholdsRoles(operand);
        return plainRoles({bucketizedRoles(op)->axes[op.getHeadAxis()], Axis::Dim});
      })
      .Case([&](L1DistanceOp op) -> std::optional<AxisRoles> {
        if (operand == op.getSeqLens())
          return lengthsRoles();
        if (operand == op.getQuery())
          return queryRoles(operand, {Axis::QueryHeads});
        if (operand == op.getKey())
          return plainRoles({Axis::Other, Axis::KvHeads, Axis::Other});
        return queryRoles(operand, {Axis::Selections, Axis::Other});
      })
      .Case([&](WeightedDistanceOp op) -> std::optional<AxisRoles> {
        if (operand == op.getSeqLens())
          return lengthsRoles();
        if (operand == op.getWeights())
          return queryRoles(operand, {Axis::Selections, Axis::Dim});
        if (operand == op.getKey())
          return plainRoles({Axis::Other, Axis::KvHeads, Axis::Other});
        return queryRoles(operand, {Axis::Selections, Axis::Other});
      })
      .Case([&](TopKOp op) -> std::optional<AxisRoles> {
        if (operand == op.getSeqLens())
          return lengthsRoles();
        return queryRoles(operand, {Axis::Selections, Axis::Other});
      })
      .Case([&](SparseAttentionOp op) -> std::optional<AxisRoles> {
        if (operand == op.getIndices())
          return queryRoles(operand, {Axis::Selections, Axis::Other});
        if (operand == op.getLengths())
          return queryRoles(operand, {Axis::Selections});
        return attentionRoles(operand, op.getQuery(), op.getKey(), op.getValue());
      })
      .Case([&](DenseAttentionOp op) -> std::optional<AxisRoles> {
        if (operand == op.getSeqLens())
          return lengthsRoles();
        return attentionRoles(operand, op.getQuery(), op.getKey(), op.getValue());
      })
      .Case([&](AppendOp op) { return appendRoles(op, operand); })
      .Case([&](PagedViewOp op) -> std::optional<AxisRoles> {
        if (operand == op.getPageTable())
          return plainRoles({Axis::Other, Axis::Other});
        return poolRoles(operand, op.getLayout());
      })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<AxisRoles> mlir::adamas::getAxisRoles(Value value) {
  for (OpOperand &use : value.getUses())
    if (auto roles = getAxisRoles(use))
      return roles;
  for (OpOperand &use : value.getUses())
    if (isa<HadamardOp>(use.getOwner()))
      return queryRoles(value, {Axis::QueryHeads, Axis::Dim}, /*data=*/true);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

static void noteSize(Axis axis, int64_t size, ModelSizes &sizes) {
  auto note = [&](std::optional<int64_t> &slot) { slot = slot.value_or(size); };
  switch (axis) {
  case Axis::QueryHeads:
    return note(sizes.queryHeads);
  case Axis::KvHeads:
    return note(sizes.kvHeads);
  case Axis::Selections:
    return note(sizes.selections);
  case Axis::Dim:
    return note(sizes.headDim);
  case Axis::QueryTokens:
    sizes.queryTokens = size;
    return;
  case Axis::Other:
  case Axis::Thresholds:
  case Axis::ThresholdSets:
    return;
  }
}

static void noteBits(Type type, ModelSizes &sizes) {
  if (auto codes = dyn_cast<CodesType>(getElementTypeOrSelf(type)); codes && !sizes.bits)
    sizes.bits = codes.getBits();
}

ModelSizes mlir::adamas::readModelSizes(func::FuncOp function) {
  ModelSizes sizes;
  bool metricSaysPolicy = false;
  for (Operation &op : function.getBody().front()) {
    for (OpOperand &operand : op.getOpOperands()) {
      noteBits(operand.get().getType(), sizes);
      if (auto roles = getAxisRoles(operand))
        for (auto [axis, size] : llvm::zip(roles->axes, shapedType(operand.get()).getShape()))
          noteSize(axis, size, sizes);
    }
    for (Type type : op.getResultTypes())
      noteBits(type, sizes);
    if (auto weigh = dyn_cast<WeighOp>(op)) {
      metricSaysPolicy = true;
      if (auto heads = weigh.getKvHeads()) {
        sizes.perKvHead = true;
        sizes.kvHeads = sizes.kvHeads.value_or(*heads);
      }
    }
    if (auto distance = dyn_cast<L1DistanceOp>(op)) {
      metricSaysPolicy = true;
      sizes.perKvHead |= distance.getPolicy() == Policy::PerKvHead;
    }
  }
  // Lists that come from outside say it by their number, if the groups are larger than one.
  if (!metricSaysPolicy)
    sizes.perKvHead = sizes.selections && sizes.selections == sizes.kvHeads && sizes.kvHeads != sizes.queryHeads;
  return sizes;
}

bool mlir::adamas::isAlgebraicOp(Operation *op) {
  return isa<HadamardOp, BucketizePackOp, WeighOp, L1DistanceOp, WeightedDistanceOp, TopKOp, SparseAttentionOp,
             DenseAttentionOp, AppendOp, PagedViewOp>(op) ||
         op->hasTrait<OpTrait::ConstantLike>() || op->hasTrait<OpTrait::IsTerminator>();
}
