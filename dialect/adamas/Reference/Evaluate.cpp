// Walks a function and evaluates op by op: operands from and results to a map of values, one rule for each op.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Evaluate.h"

#include "adamas/Reference/Attention.h"
#include "adamas/Reference/Hadamard.h"
#include "adamas/Reference/Rules.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include <deque>

using namespace mlir;
using namespace mlir::adamas;
using namespace mlir::adamas::reference;

using Tensors = SmallVector<Tensor>;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// How the host holds elements of `type`; none where it cannot.
static std::optional<DType> dtypeOf(Type type) {
  if (isa<CodesType>(type))
    return DType::U32;
  if (auto integer = dyn_cast<IntegerType>(type); integer && integer.isSignless()) {
    switch (integer.getWidth()) {
    case 8:
      return DType::I8;
    case 16:
      return DType::I16;
    case 32:
      return DType::I32;
    case 64:
      return DType::I64;
    default:
      return std::nullopt;
    }
  }
  return llvm::TypeSwitch<Type, std::optional<DType>>(type)
      .Case<Float16Type>([](auto) { return DType::F16; })
      .Case<BFloat16Type>([](auto) { return DType::BF16; })
      .Case<Float32Type>([](auto) { return DType::F32; })
      .Case<Float64Type>([](auto) { return DType::F64; })
      .Default([](Type) { return std::nullopt; });
}

/// The shape of the host's tensor for `type`: codes have two axes more, planes and words (pak-1).
static SmallVector<int64_t> hostShape(RankedTensorType type) {
  SmallVector<int64_t> shape(type.getShape());
  if (auto codes = dyn_cast<CodesType>(type.getElementType()))
    shape.append({int64_t(codes.getBits()), codes.getWords()});
  return shape;
}

/// Whether `tensor` may stand for a value of `type`: element type, rank and static dimensions.
static bool fits(RankedTensorType type, const Tensor &tensor) {
  SmallVector<int64_t> shape = hostShape(type);
  return dtypeOf(type.getElementType()) == tensor.dtype() && int64_t(shape.size()) == tensor.rank() &&
         llvm::all_of(llvm::zip(shape, tensor.shape()), [](auto pair) {
           return ShapedType::isDynamic(std::get<0>(pair)) || std::get<0>(pair) == std::get<1>(pair);
         });
}

//===----------------------------------------------------------------------===//
// One op
//===----------------------------------------------------------------------===//

static llvm::Expected<Tensors> one(llvm::Expected<Tensor> result) {
  if (!result)
    return result.takeError();
  return Tensors{std::move(*result)};
}

static llvm::Expected<Tensors> both(llvm::Expected<Selection> result) {
  if (!result)
    return result.takeError();
  return Tensors{std::move(result->indices), std::move(result->lengths)};
}

static llvm::Expected<Tensors> both(RoundedAttention result) {
  return Tensors{std::move(result.output), std::move(result.lse)};
}

/// What sparse and dense attention give: the output, and the lse where it is asked for.
static llvm::Expected<Tensors> finish(llvm::Expected<ExactAttention> exact, bool withLse) {
  if (!exact)
    return exact.takeError();
  RoundedAttention rounded = roundAttention(*exact);
  Tensors results{std::move(rounded.output)};
  if (withLse)
    results.push_back(std::move(rounded.lse));
  return results;
}

static std::optional<double> scaleOf(std::optional<APFloat> scale) {
  if (!scale)
    return std::nullopt;
  return scale->convertToDouble();
}

namespace {
class Evaluator {
public:
  /// Stands for `value` from here on; `tensor` must outlive the evaluator.
  void bind(Value value, const Tensor *tensor) { tensors[value] = tensor; }

  /// Evaluates the ops of `block` up to its terminator, whose operands are the result.
  FailureOr<SmallVector<const Tensor *>> evaluate(Block &block);

private:
  const Tensor &operator[](Value value) { return *tensors.find(value)->second; }
  /// Null for an operand that is not there.
  const Tensor *optional(Value value) { return value ? &(*this)[value] : nullptr; }

  llvm::Expected<Tensors> evaluate(Operation *op);
  LogicalResult evaluateKernel(KernelOp kernel);

  llvm::Expected<Tensors> constant(DenseElementsAttr values);
  llvm::Expected<Tensors> visit(HadamardOp op) { return one(hadamardRows((*this)[op.getInput()])); }
  llvm::Expected<Tensors> visit(BucketizePackOp op);
  llvm::Expected<Tensors> visit(WeighOp op);
  llvm::Expected<Tensors> visit(L1DistanceOp op);
  llvm::Expected<Tensors> visit(WeightedDistanceOp op);
  llvm::Expected<Tensors> visit(TopKOp op);
  llvm::Expected<Tensors> visit(PartitionOp op);
  llvm::Expected<Tensors> visit(HistogramOp op);
  llvm::Expected<Tensors> visit(ThresholdOp op);
  llvm::Expected<Tensors> visit(CompactOp op);
  llvm::Expected<Tensors> visit(JoinOp op) { return both(join((*this)[op.getIndices()], (*this)[op.getLengths()])); }
  llvm::Expected<Tensors> visit(AddPartAxisOp op);
  llvm::Expected<Tensors> visit(SparseAttentionOp op);
  llvm::Expected<Tensors> visit(DenseAttentionOp op);
  llvm::Expected<Tensors> visit(PartialAttentionOp op);
  llvm::Expected<Tensors> visit(MergeAttentionOp op);
  llvm::Expected<Tensors> visit(AppendOp op);
  llvm::Expected<Tensors> visit(PagedViewOp op);

  DenseMap<Value, const Tensor *> tensors;
  std::deque<Tensor> made; // a deque, since its elements never move
};
} // namespace

llvm::Expected<Tensors> Evaluator::constant(DenseElementsAttr values) {
  auto type = dyn_cast<RankedTensorType>(values.getType());
  std::optional<DType> dtype = type ? dtypeOf(type.getElementType()) : std::nullopt;
  if (!dtype)
    return ruleError("is no constant tensor of integers of 8 to 64 bits or of f16, bf16, f32 or f64");
  llvm::Expected<Tensor> result = allocate(*dtype, type.getShape());
  if (!result)
    return result.takeError();
  if (isFloat(*dtype)) {
    for (auto [i, value] : llvm::enumerate(values.getValues<APFloat>()))
      result->setFloat(i, value.convertToDouble());
  } else {
    for (auto [i, value] : llvm::enumerate(values.getValues<APInt>()))
      result->setInt(i, value.getSExtValue());
  }
  return Tensors{std::move(*result)};
}

llvm::Expected<Tensors> Evaluator::visit(BucketizePackOp op) {
  if (Value thresholds = op.getThresholds())
    return one(bucketizePack((*this)[op.getInput()], (*this)[thresholds], optional(op.getOffset()), op.getHeadAxis()));
  ArrayRef<float> fixed = *op.getFixed();
  Tensor thresholds(DType::F32, {int64_t(fixed.size())});
  llvm::copy(fixed, thresholds.as<float>().begin());
  return one(bucketizePack((*this)[op.getInput()], thresholds, optional(op.getOffset()), op.getHeadAxis()));
}

llvm::Expected<Tensors> Evaluator::visit(WeighOp op) {
  std::optional<int64_t> kvHeads;
  if (auto heads = op.getKvHeads())
    kvHeads = *heads;
  return one(weigh((*this)[op.getInput()], op.getRangeOrDefault(), op.getCap(), kvHeads));
}

llvm::Expected<Tensors> Evaluator::visit(L1DistanceOp op) {
  return one(l1Distance((*this)[op.getQuery()], (*this)[op.getKey()], optional(op.getSeqLens()),
                        optional(op.getCandidates()), op.getPlanesRead(), op.getPolicy()));
}

llvm::Expected<Tensors> Evaluator::visit(WeightedDistanceOp op) {
  return one(weightedDistance((*this)[op.getWeights()], (*this)[op.getKey()], optional(op.getSeqLens()),
                              optional(op.getCandidates()), op.getPlanesRead()));
}

llvm::Expected<Tensors> Evaluator::visit(TopKOp op) {
  return both(topK((*this)[op.getDistances()], optional(op.getSeqLens()), optional(op.getCandidates()), op.getBudget(),
                   op.getSink(), op.getRecent(), op.getDistanceBound()));
}

llvm::Expected<Tensors> Evaluator::visit(PartitionOp op) {
  return one(partition((*this)[op.getCache()].dim(2), op.getWays(), op.getTile()));
}

llvm::Expected<Tensors> Evaluator::visit(HistogramOp op) {
  return one(histogram((*this)[op.getDistances()], optional(op.getSeqLens()), optional(op.getParts()),
                       optional(op.getCandidates()), op.getBins(), op.getSink(), op.getRecent()));
}

llvm::Expected<Tensors> Evaluator::visit(ThresholdOp op) {
  llvm::Expected<Threshold> result = threshold((*this)[op.getHistogram()], op.getNeed());
  if (!result)
    return result.takeError();
  return Tensors{std::move(result->threshold), std::move(result->skip)};
}

llvm::Expected<Tensors> Evaluator::visit(CompactOp op) {
  Threshold at{(*this)[op.getThreshold()], (*this)[op.getSkip()]};
  return both(compact((*this)[op.getDistances()], at, optional(op.getSeqLens()), optional(op.getParts()),
                      optional(op.getCandidates()), op.getBudget(), op.getSink(), op.getRecent()));
}

llvm::Expected<Tensors> Evaluator::visit(AddPartAxisOp op) {
  const Tensor &input = (*this)[op.getInput()];
  SmallVector<int64_t> shape(input.shape());
  // Lengths get the axis at the end, lists before their positions; only the result's type says which it is.
  SmallVector<int64_t> asLengths(op.getInput().getType().getShape());
  asLengths.push_back(1);
  bool isList = ArrayRef(asLengths) != op.getResult().getType().getShape();
  shape.insert(isList ? shape.end() - 1 : shape.end(), 1);
  return Tensors{input.reshaped(shape)};
}

llvm::Expected<Tensors> Evaluator::visit(SparseAttentionOp op) {
  return finish(attendListed((*this)[op.getQuery()], (*this)[op.getKey()], (*this)[op.getValue()],
                             (*this)[op.getIndices()], (*this)[op.getLengths()], scaleOf(op.getScale())),
                op.getReturnLse());
}

llvm::Expected<Tensors> Evaluator::visit(DenseAttentionOp op) {
  return finish(attendVisible((*this)[op.getQuery()], (*this)[op.getKey()], (*this)[op.getValue()],
                              (*this)[op.getSeqLens()], nullptr, scaleOf(op.getScale())),
                op.getReturnLse());
}

llvm::Expected<Tensors> Evaluator::visit(PartialAttentionOp op) {
  const Tensor &query = (*this)[op.getQuery()], &key = (*this)[op.getKey()], &value = (*this)[op.getValue()];
  llvm::Expected<ExactAttention> exact =
      op.getIndices()
          ? attendListed(query, key, value, (*this)[op.getIndices()], (*this)[op.getLengths()], scaleOf(op.getScale()))
          : attendVisible(query, key, value, (*this)[op.getSeqLens()], optional(op.getParts()), scaleOf(op.getScale()));
  if (!exact)
    return exact.takeError();
  return both(roundPartialAttention(*exact));
}

llvm::Expected<Tensors> Evaluator::visit(MergeAttentionOp op) {
  llvm::Expected<RoundedAttention> merged =
      mergeAttention((*this)[op.getOutput()], (*this)[op.getLse()], *dtypeOf(op.getElementType()));
  if (!merged)
    return merged.takeError();
  return both(std::move(*merged));
}

llvm::Expected<Tensors> Evaluator::visit(AppendOp op) {
  Pools pools{(*this)[op.getKey()], (*this)[op.getValue()], (*this)[op.getCodes()]};
  llvm::Expected<Pools> result =
      append((*this)[op.getNewKey()], (*this)[op.getNewValue()], (*this)[op.getSlots()], std::move(pools),
             (*this)[op.getThresholds()], optional(op.getOffset()), op.getLayout());
  if (!result)
    return result.takeError();
  return Tensors{std::move(result->key), std::move(result->value), std::move(result->codes)};
}

llvm::Expected<Tensors> Evaluator::visit(PagedViewOp op) {
  return one(pagedView((*this)[op.getPool()], (*this)[op.getPageTable()], op.getLayout()));
}

llvm::Expected<Tensors> Evaluator::evaluate(Operation *op) {
  DenseElementsAttr values;
  if (matchPattern(op, m_Constant(&values)))
    return constant(values);
  return llvm::TypeSwitch<Operation *, llvm::Expected<Tensors>>(op)
      .Case<HadamardOp, BucketizePackOp, WeighOp, L1DistanceOp, WeightedDistanceOp, TopKOp, PartitionOp, HistogramOp,
            ThresholdOp, CompactOp, JoinOp, AddPartAxisOp, SparseAttentionOp, DenseAttentionOp, PartialAttentionOp,
            MergeAttentionOp, AppendOp, PagedViewOp>([&](auto known) { return visit(known); })
      .Default([](Operation *) -> llvm::Expected<Tensors> {
        return ruleError("is not an op that the reference evaluates: expected ops of adamas in form 1, 2 or 3 and "
                         "constant tensors");
      });
}

//===----------------------------------------------------------------------===//
// Blocks and functions
//===----------------------------------------------------------------------===//

/// Form 3 on tensors: the region's ops, whatever their placements.
LogicalResult Evaluator::evaluateKernel(KernelOp kernel) {
  auto yielded = evaluate(kernel.getBody().front());
  if (failed(yielded))
    return failure();
  for (auto [result, tensor] : llvm::zip(kernel.getResults(), *yielded))
    bind(result, tensor);
  return success();
}

FailureOr<SmallVector<const Tensor *>> Evaluator::evaluate(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (auto kernel = dyn_cast<KernelOp>(op)) {
      if (failed(evaluateKernel(kernel)))
        return failure();
      continue;
    }
    llvm::Expected<Tensors> results = evaluate(&op);
    if (!results)
      return op.emitOpError() << llvm::toString(results.takeError());
    for (auto [value, tensor] : llvm::zip_equal(op.getResults(), *results)) {
      // Dynamic dimensions agree only if the arguments did.
      if (!fits(cast<RankedTensorType>(value.getType()), tensor))
        return op.emitOpError() << "expects a result of type " << value.getType() << ", but its operands give a "
                                << tensor.describe();
      made.push_back(std::move(tensor));
      bind(value, &made.back());
    }
  }
  SmallVector<const Tensor *> results;
  for (Value value : block.getTerminator()->getOperands())
    results.push_back(&(*this)[value]);
  return results;
}

FailureOr<SmallVector<Tensor>> mlir::adamas::evaluate(func::FuncOp function, ArrayRef<Tensor> arguments) {
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitOpError() << "expects a body of one block to evaluate, but got "
                                  << function.getBody().getBlocks().size();
  Block &body = function.getBody().front();
  if (arguments.size() != body.getNumArguments())
    return function.emitOpError() << "expects " << body.getNumArguments() << " arguments, but got " << arguments.size();
  Evaluator evaluator;
  for (auto [value, tensor] : llvm::zip(body.getArguments(), arguments)) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !dtypeOf(type.getElementType()))
      return function.emitOpError() << "expects arguments that are tensors, but number " << value.getArgNumber()
                                    << " has type " << value.getType();
    if (!fits(type, tensor))
      return function.emitOpError() << "expects argument " << value.getArgNumber() << " to fit " << type
                                    << ", but got a " << tensor.describe();
    evaluator.bind(value, &tensor);
  }
  auto results = evaluator.evaluate(body);
  if (failed(results))
    return failure();
  SmallVector<Tensor> copies;
  for (const Tensor *result : *results)
    copies.push_back(*result);
  return copies;
}
