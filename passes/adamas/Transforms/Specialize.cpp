// adamas-specialize: rewrites a module of form 1 for other shapes, element types and attributes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/AxisRoles.h"
#include "adamas/Transforms/Passes.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

namespace mlir::adamas {
#define GEN_PASS_DEF_ADAMASSPECIALIZE
#include "adamas/Transforms/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

namespace {
struct Specialize : mlir::adamas::impl::AdamasSpecializeBase<Specialize> {
  using AdamasSpecializeBase::AdamasSpecializeBase;

  void runOnOperation() override {
    if (failed(checkOptions()))
      return signalPassFailure();
    WalkResult result = getOperation()->walk([&](func::FuncOp function) {
      return function.isExternal() || succeeded(specialize(function)) ? WalkResult::skip() : WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

  LogicalResult checkOptions();
  LogicalResult specialize(func::FuncOp function);
  LogicalResult choose(func::FuncOp function, const ModelSizes &before, ModelSizes &after);
  LogicalResult checkForced(TopKOp op);
  void setAttributes(Operation *op, const ModelSizes &before, const ModelSizes &after);
  Type typeFor(RankedTensorType type, const AxisRoles &roles, const ModelSizes &before, const ModelSizes &after);
  int64_t budgetOf(TopKOp op);
};
} // namespace

static bool isSet(int64_t option) { return option != keepOption; }

LogicalResult Specialize::checkOptions() {
  Operation *op = getOperation();
  auto inRange = [&](StringRef name, int64_t value, int64_t low, int64_t high) -> LogicalResult {
    if (!isSet(value) || (value >= low && value <= high))
      return success();
    return op->emitError() << "expects option '" << name << "' to be from " << low << " to " << high << ", but got "
                           << value;
  };
  if (failed(inRange("query-heads", queryHeads, 1, INT32_MAX)) || failed(inRange("kv-heads", kvHeads, 1, INT32_MAX)) ||
      failed(inRange("query-tokens", queryTokens, 1, 8)) || failed(inRange("bits", bits, 1, 4)) ||
      failed(inRange("budget", budget, 1, INT32_MAX)) || failed(inRange("sink", sink, 0, INT32_MAX)) ||
      failed(inRange("recent", recent, 1, INT32_MAX)))
    return failure();
  // had-1, pak-3
  if (isSet(headDim) && (headDim < 32 || headDim > 1024 || (headDim & (headDim - 1))))
    return op->emitError() << "expects option 'head-dim' to be a power of two from 32 to 1024, but got "
                           << int64_t(headDim);
  if (!dtype.empty() && dtype != "f16" && dtype != "bf16" && dtype != "f32")
    return op->emitError() << "expects option 'dtype' to be f16, bf16 or f32, but got '" << dtype.getValue() << "'";
  if (!policy.empty() && !symbolizePolicy(policy))
    return op->emitError() << "expects option 'policy' to be per_query_head or per_kv_head, but got '"
                           << policy.getValue() << "'";
  return success();
}

/// Puts the options into `after`, which holds what is there now.
LogicalResult Specialize::choose(func::FuncOp function, const ModelSizes &before, ModelSizes &after) {
  auto choose = [](int64_t option, std::optional<int64_t> &size) {
    if (isSet(option) && size)
      size = option;
  };
  choose(queryHeads, after.queryHeads);
  choose(kvHeads, after.kvHeads);
  choose(headDim, after.headDim);
  choose(bits, after.bits);
  after.queryTokens = isSet(queryTokens) ? int64_t(queryTokens) : before.queryTokens;
  after.perKvHead = policy.empty() ? before.perKvHead : policy == "per_kv_head";
  if (!dtype.empty()) {
    Builder b(&getContext());
    after.element = dtype == "f16" ? Type(b.getF16Type()) : dtype == "bf16" ? Type(b.getBF16Type()) : b.getF32Type();
  }
  // dst-2
  if (after.queryHeads && after.kvHeads && *after.queryHeads % *after.kvHeads != 0)
    return function.emitError() << "expects the query heads to be a multiple of the kv heads, but got "
                                << *after.queryHeads << " and " << *after.kvHeads
                                << ": give both 'query-heads' and 'kv-heads'";
  if (after.perKvHead && !after.kvHeads) {
    if (!isSet(kvHeads))
      return function.emitError() << "expects option 'kv-heads' with 'policy=per_kv_head' where no key tells it";
    after.kvHeads = kvHeads;
  }
  after.selections = after.perKvHead ? after.kvHeads : after.queryHeads ? after.queryHeads : before.selections;
  return success();
}

/// The budget that `op` gets: the option itself for a last selection; one that lists candidates for another keeps its
/// ratio to it.
int64_t Specialize::budgetOf(TopKOp op) {
  if (!isSet(budget))
    return op.getBudget();
  for (OpOperand &use : op.getIndices().getUses()) {
    auto next = dyn_cast<TopKOp>(use.getOwner());
    if (!next || use.get() != next.getCandidates())
      continue;
    // Both factors are below 2^31, so the product fits.
    int64_t product = int64_t(op.getBudget()) * budgetOf(next), divisor = next.getBudget();
    return std::min<int64_t>((product + divisor - 1) / divisor, INT32_MAX);
  }
  return budget;
}

LogicalResult Specialize::checkForced(TopKOp op) {
  int64_t first = isSet(sink) ? int64_t(sink) : int64_t(op.getSink());
  int64_t last = isSet(recent) ? int64_t(recent) : int64_t(op.getRecent()), total = budgetOf(op);
  // sel-3
  if (first + last <= total)
    return success();
  return op.emitOpError() << "expects 'sink' + 'recent' to be at most 'budget' " << total << ", but got " << first
                          << " + " << last;
}

Type Specialize::typeFor(RankedTensorType type, const AxisRoles &roles, const ModelSizes &before,
                         const ModelSizes &after) {
  SmallVector<int64_t> shape;
  for (auto [i, axis] : llvm::enumerate(roles.axes)) {
    int64_t size = type.getDimSize(i);
    if (axis == Axis::QueryTokens)
      continue;
    if (axis == Axis::QueryHeads)
      size = *after.queryHeads;
    else if (axis == Axis::KvHeads)
      size = *after.kvHeads;
    else if (axis == Axis::Selections)
      size = *after.selections;
    else if (axis == Axis::Dim)
      size = *after.headDim;
    else if (axis == Axis::Thresholds && after.bits)
      size = (int64_t(1) << *after.bits) - 1;
    else if (axis == Axis::ThresholdSets && size > 1) // one set is shared by any number of heads (buk-2)
      size = size == before.kvHeads ? *after.kvHeads : size == before.queryHeads ? *after.queryHeads : size;
    shape.push_back(size);
    // nq-1: the axis stands after the batch; a module that has it keeps it unless told otherwise.
    bool has = i + 1 < roles.axes.size() && roles.axes[i + 1] == Axis::QueryTokens;
    if (i == 0 && roles.querySide && (isSet(queryTokens) ? queryTokens > 1 : has))
      shape.push_back(after.queryTokens);
  }
  Type element = type.getElementType();
  if (auto codes = dyn_cast<CodesType>(element))
    element = CodesType::get(&getContext(), after.headDim.value_or(codes.getDim()), *after.bits);
  else if (roles.data && after.element)
    element = after.element;
  return RankedTensorType::get(shape, element);
}

void Specialize::setAttributes(Operation *op, const ModelSizes &before, const ModelSizes &after) {
  Builder b(op->getContext());
  auto clampPlanes = [&](auto distance) {
    if (auto planes = distance.getPlanes())
      distance.setPlanes(std::min<int64_t>(*planes, *after.bits));
    if (auto l1 = dyn_cast<L1DistanceOp>(op))
      l1.setPolicy(after.perKvHead ? Policy::PerKvHead : Policy::PerQueryHead);
  };
  auto followScale = [&](auto attention) {
    auto standard = [](int64_t dim) { return float(1.0 / std::sqrt(double(dim))); };
    if (auto scale = attention.getScale(); scale && scale->convertToFloat() == standard(*before.headDim))
      attention.setScaleAttr(b.getF32FloatAttr(standard(*after.headDim)));
  };
  llvm::TypeSwitch<Operation *>(op)
      .Case<L1DistanceOp, WeightedDistanceOp>(clampPlanes)
      .Case<SparseAttentionOp, DenseAttentionOp>(followScale)
      .Case([&](WeighOp weigh) {
        if (auto range = weigh.getRange(); range && int64_t(*range) == 2 * *before.headDim)
          weigh.setRange(2 * *after.headDim);
        weigh.setKvHeadsAttr(after.perKvHead ? b.getI64IntegerAttr(*after.kvHeads) : nullptr);
      })
      .Case([&](BucketizePackOp pack) {
        // The input has its new rank already, the result not yet.
        int64_t rank = pack.getInput().getType().getRank(), oldRank = pack.getResult().getType().getRank() + 1;
        if (pack.getHeadsAxis() && int64_t(*pack.getHeadsAxis()) == oldRank - 2)
          pack.setHeadsAxis(rank - 2);
      })
      .Case([&](TopKOp topk) {
        if (isSet(sink))
          topk.setSink(sink);
        if (isSet(recent))
          topk.setRecent(recent);
        // The bound of the distances may have grown; the op knows it from their producer.
        if (topk.getDistances().getDefiningOp<DistanceOpInterface>())
          topk.removeBoundAttr();
      });
}

LogicalResult Specialize::specialize(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitError() << "expects a function of one block, but got " << function.getBody().getBlocks().size();
  for (Operation &op : function.getBody().front())
    if (!isAlgebraicOp(&op))
      return op.emitOpError()
             << "is not of form 1, which is all that 'adamas-specialize' knows: run it before the pass "
                "that made this op";
  ModelSizes before = readModelSizes(function), after = before;
  if (failed(choose(function, before, after)))
    return failure();
  Block &body = function.getBody().front();
  // Everything is checked before anything changes.
  SmallVector<std::pair<TopKOp, int64_t>> budgets;
  for (Operation &op : body) {
    if (auto topk = dyn_cast<TopKOp>(op)) {
      if (failed(checkForced(topk)))
        return failure();
      budgets.emplace_back(topk, budgetOf(topk));
    }
    // buk-1
    if (auto pack = dyn_cast<BucketizePackOp>(op); pack && pack.getFixed() && before.bits != after.bits)
      return op.emitOpError() << "expects thresholds as an operand where option 'bits' changes them, but got 'fixed'";
    for (Value result : op.hasTrait<OpTrait::ConstantLike>() ? op.getResults() : ValueRange())
      if (auto roles = getAxisRoles(result))
        if (Type type = typeFor(cast<RankedTensorType>(result.getType()), *roles, before, after);
            type != result.getType())
          return op.emitOpError() << "expects to become " << type << ", which a constant cannot: make it an argument";
  }

  // Types of all arguments first: roles are read from axes that are still as they were.
  SmallVector<Type> types(body.getArgumentTypes());
  for (auto [i, argument] : llvm::enumerate(body.getArguments()))
    if (auto roles = getAxisRoles(argument))
      types[i] = typeFor(cast<RankedTensorType>(argument.getType()), *roles, before, after);
  for (auto [argument, type] : llvm::zip(body.getArguments(), types))
    argument.setType(type);
  for (auto [topk, value] : budgets)
    topk.setBudget(value);
  for (Operation &op : body) {
    setAttributes(&op, before, after);
    auto inferred = dyn_cast<InferTypeOpInterface>(op);
    if (!inferred || op.hasTrait<OpTrait::ConstantLike>())
      continue;
    SmallVector<Type> results;
    if (failed(inferred.inferReturnTypes(op.getContext(), op.getLoc(), op.getOperands(),
                                         op.getDiscardableAttrDictionary(), op.getPropertiesStorage(), op.getRegions(),
                                         results)))
      return failure();
    for (auto [result, type] : llvm::zip(op.getResults(), results))
      result.setType(type);
  }
  function.setType(FunctionType::get(&getContext(), types, body.getTerminator()->getOperandTypes()));
  return success();
}
