// What the tensors of a function become.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ProgramValues.h"
#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::adamas;

/// Parts are made on the device, of the tokens that a query token sees: what `adamas.partition` says of all tokens is
/// only how many there are.
static LogicalResult checkParts(func::FuncOp function) {
  WalkResult walked = function.walk([&](Operation *op) {
    Value parts = TypeSwitch<Operation *, Value>(op)
                      .Case<HistogramOp, CompactOp, PartialAttentionOp>([](auto o) { return o.getParts(); })
                      .Default([](Operation *) { return Value(); });
    if (!parts || parts.getDefiningOp<PartitionOp>())
      return WalkResult::advance();
    op->emitOpError() << "expects 'parts' to be made by 'adamas.partition' on this target";
    return WalkResult::interrupt();
  });
  return failure(walked.wasInterrupted());
}

/// Whether `value` is what parts leave in memory for the CTA that merges them.
static bool isCounted(Value value) {
  auto attention = value.getDefiningOp<PartialAttentionOp>();
  return attention && attention.getPlacement() == Placement::Grid && value == attention.getLse();
}

Value mlir::adamas::getBatchValue(KernelOp kernel) {
  return (*kernel.getBody().front().getOps<StagedOpInterface>().begin())->getOperand(0);
}

Value mlir::adamas::getCache(KernelOp kernel) {
  Value cache;
  kernel.walk([&](Operation *op) {
    if (auto distance = dyn_cast<DistanceOpInterface>(op))
      cache = distance.getKeyCodes();
    else if (auto attention = dyn_cast<PartialAttentionOp>(op); attention && !cache)
      cache = attention.getKey();
    else if (auto hadamard = dyn_cast<HadamardOp>(op); hadamard && !cache)
      cache = hadamard.getInput();
    else if (auto codes = dyn_cast<BucketizePackOp>(op); codes && !cache)
      cache = codes.getInput();
  });
  return cache;
}

LogicalResult ProgramValues::place(func::FuncOp function) {
  Block &body = function.getBody().front();
  for (Value argument : body.getArguments())
    globals.add(argument);
  for (Operation &op : body) {
    LogicalResult placed = TypeSwitch<Operation *, LogicalResult>(&op)
                               .Case([&](PagedViewOp view) { return placePaged(view); })
                               .Case([&](AppendOp append) { return placeAppend(append); })
                               .Case([&](KernelOp kernel) { return placePools(kernel); })
                               .Case<PartitionOp, func::ReturnOp>([](auto) { return success(); })
                               .Default([](Operation *o) { return o->emitOpError() << "is not lowered to GPUs"; });
    if (failed(placed))
      return failure();
  }
  auto terminator = cast<func::ReturnOp>(body.getTerminator());
  if (failed(checkParts(function)))
    return failure();
  for (Value value : terminator.getOperands()) {
    if (isa_and_nonnull<AppendOp>(getYieldedValue(value).getDefiningOp()))
      continue;
    if (!value.getDefiningOp<KernelOp>() || globals.has(value))
      return terminator.emitOpError() << "expects each result to be made by a kernel and returned once on this "
                                         "target; return it once, and arguments not at all";
    globals.add(value);
    results.insert(value);
  }
  for (Operation &op : body)
    if (auto kernel = dyn_cast<KernelOp>(op))
      placeKernel(kernel);
  return success();
}

/// The pools are written in place: what they held before is there for nobody, but their shape is.
LogicalResult ProgramValues::placeAppend(AppendOp append) {
  auto asksForShape = [](Operation *user) {
    return isa<PartitionOp>(user) ||
           (isa<PagedViewOp>(user) && llvm::all_of(user->getUsers(), llvm::IsaPred<PartitionOp>));
  };
  for (Value pool : {Value(append.getKey()), Value(append.getValue()), Value(append.getCodes())})
    for (Operation *user : pool.getUsers())
      if (user != append && !asksForShape(user))
        return append.emitOpError() << "expects the pools that it writes to be read as its results on this target, "
                                       "but one is used by '"
                                    << user->getName() << "' as it was before";
  globals.alias(append.getNewKeyPool(), append.getKey());
  globals.alias(append.getNewValuePool(), append.getValue());
  globals.alias(append.getNewCodesPool(), append.getCodes());
  return success();
}

/// Pools that `kernel` writes, and its views of them.
LogicalResult ProgramValues::placePools(KernelOp kernel) {
  for (Operation &op : kernel.getBody().front()) {
    if (auto append = dyn_cast<AppendOp>(op); append && failed(placeAppend(append)))
      return failure();
    if (auto view = dyn_cast<PagedViewOp>(op); view && failed(placePaged(view)))
      return failure();
  }
  auto yield = cast<YieldOp>(kernel.getBody().front().back());
  for (auto [result, inner] : llvm::zip(kernel.getResults(), yield.getValues()))
    if (isa_and_nonnull<AppendOp>(inner.getDefiningOp()))
      globals.alias(result, inner);
  return success();
}

LogicalResult ProgramValues::placePaged(PagedViewOp view) {
  auto pool = cast<ShapedType>(view.getPool().getType()).getShape();
  int64_t page = pool[view.getLayout() == PoolLayout::HeadMajor ? 2 : 1];
  if (ShapedType::isDynamic(page))
    return view.emitOpError() << "expects a static page size on this target, but got ?";
  globals.addPaged(view.getResult(), view);
  return success();
}

void ProgramValues::placeKernel(KernelOp kernel) {
  auto yield = cast<YieldOp>(kernel.getBody().front().back());
  for (auto [result, inner] : llvm::zip(kernel.getResults(), yield.getValues())) {
    if (isa_and_nonnull<AppendOp>(inner.getDefiningOp()))
      continue;
    if (!globals.has(result))
      addWorkspace(result, kernel);
    globals.alias(inner, result);
  }
  // Rows too long for shared memory.
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    auto staged = dyn_cast<StagedOpInterface>(op);
    if (!staged)
      continue;
    // So are distances of a part as long as may be, though only its CTA reads them.
    auto distance = dyn_cast<DistanceOpInterface>(op);
    bool distances = distance && !distance.getCandidateList() && staged.getPlacementKind() == Placement::Cluster;
    bool passes = staged.getPlacementKind() == Placement::Global || staged.getPlacementKind() == Placement::Grid;
    if ((!passes && !distances) || isa<ThresholdOp, AddPartAxisOp>(op))
      continue;
    for (Value result : op.getResults())
      if (!result.use_empty() && !globals.has(result))
        addWorkspace(result, kernel);
  }
}

void ProgramValues::addWorkspace(Value value, KernelOp kernel) {
  Slot slot = GlobalViews::describe(value);
  SizeExpressions sizes = this->sizes(kernel.getContext());
  SmallVector<AffineExpr> extent;
  auto distance = getYieldedValue(value).getDefiningOp<DistanceOpInterface>();
  bool distances = distance != nullptr;
  Value cache = distance ? distance.getKeyCodes() : getCache(kernel);
  Value batch = getBatchValue(kernel);
  for (auto [axis, size] : llvm::enumerate(slot.shape)) {
    bool last = axis + 1 == slot.shape.size();
    AffineExpr expression =
        ShapedType::isDynamic(size) ? (axis == 0 ? sizes.size(batch, 0) : sizes.capacity(cache)) : sizes.constant(size);
    // Eight distances are loaded at once, also where there are none.
    if (distances && last)
      expression = expression.ceilDiv(unitTokens) * unitTokens + unitTokens;
    extent.push_back(expression);
  }
  if (distances)
    slot.element = cast<GpuAttr>(kernel.getSchedule()).getDistanceBits() == 8 && isSelectedOnce(value)
                       ? Type(IntegerType::get(kernel.getContext(), 8))
                       : getDistanceStorageType(value);
  if (distances && !ShapedType::isDynamic(slot.shape.back()))
    slot.shape.back() = llvm::alignTo(slot.shape.back(), unitTokens) + unitTokens;
  if (isCounted(value)) { // behind the parts of a row, how many of them are done
    extent.back() = extent.back() + 1;
    slot.shape.back() += 1;
  }
  globals.add(value, slot.shape, slot.element);
  extents[value] = {sizes.map(extent), sizes.symbols};
}

/// Bytes to which rows are aligned, from the loads that read them.
static int64_t getAlignment(Value value, const Slot &slot) {
  int64_t bytes = slot.element.getIntOrFloatBitWidth() / 8;
  if (isa<CodesType>(cast<ShapedType>(value.getType()).getElementType()))
    return std::min<int64_t>(16, bytes * slot.shape.back());
  // Distances between kernels are loaded eight at a time.
  if (slot.element.isInteger(16))
    return 16;
  bool sets = llvm::all_of(value.getUses(), [](OpOperand &use) {
    auto codes = dyn_cast<BucketizePackOp>(use.getOwner());
    auto append = dyn_cast<AppendOp>(use.getOwner());
    return (codes && use.get() == codes.getThresholds()) || (append && use.get() == append.getThresholds());
  });
  if (isa<FloatType>(slot.element) && !ShapedType::isDynamic(slot.shape.back()) && slot.shape.back() % 8 == 0 &&
      !(sets && !value.use_empty()))
    return 16;
  return slot.element.isInteger(8) ? 8 : bytes;
}

void ProgramValues::describe(OpBuilder &b, Location loc) {
  unsigned argument = 0, result = 0, workspace = 0;
  for (const auto &[value, slot] : globals.all()) {
    auto role = isa<BlockArgument>(value) ? adamas_gpu::Role::Argument
                : results.contains(value) ? adamas_gpu::Role::Result
                                          : adamas_gpu::Role::Workspace;
    std::string name = role == adamas_gpu::Role::Argument ? "argument" + std::to_string(argument++)
                       : role == adamas_gpu::Role::Result ? "result" + std::to_string(result++)
                                                          : "buffer" + std::to_string(workspace++);
    SmallVector<int64_t> shape(slot.shape);
    for (int64_t &size : shape)
      size = ShapedType::isDynamic(size) ? -1 : size;
    auto extent = extents.find(value);
    bool sized = role == adamas_gpu::Role::Workspace;
    // Returned distances are filled with -1 first, whole rows at once.
    int64_t dense = getYieldedValue(value).getDefiningOp<DistanceOpInterface>() ? shape.size() : 1;
    // Words of codes are bits, not numbers.
    bool codes = isa<CodesType>(cast<ShapedType>(value.getType()).getElementType());
    Type element = codes ? IntegerType::get(b.getContext(), 32, IntegerType::Unsigned) : slot.element;
    adamas_gpu::ValueOp::create(b, loc, name, role, element, shape, slot.offset, dense, getAlignment(value, slot),
                                sized ? AffineMapAttr::get(extent->second.map) : AffineMapAttr(),
                                sized ? b.getDenseI64ArrayAttr(extent->second.symbols) : DenseI64ArrayAttr());
  }
}

SmallVector<std::pair<Value, int32_t>> ProgramValues::getFills(Operation *op) const {
  SmallVector<std::pair<Value, int32_t>> fills;
  auto kernel = dyn_cast_or_null<KernelOp>(op);
  if (!kernel)
    return fills;
  for (auto attention : kernel.getBody().front().getOps<PartialAttentionOp>())
    if (isCounted(attention.getLse()))
      fills.push_back({attention.getLse(), 0});
  if (kernel.getLevel() != Level::Token)
    return fills;
  for (Operation &inner : kernel.getBody().front())
    if (auto histogram = dyn_cast<HistogramOp>(inner))
      fills.push_back({globals.resolve(histogram.getResult()), 0});
    else if (auto distance = dyn_cast<DistanceOpInterface>(inner);
             distance && results.contains(globals.resolve(distance->getResult(0))))
      fills.push_back({globals.resolve(distance->getResult(0)), -1}); // where no row sees a token
  return fills;
}
