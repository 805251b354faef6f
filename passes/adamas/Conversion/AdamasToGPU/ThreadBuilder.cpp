// Builds the code of one thread of a GPU kernel.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"

using namespace mlir;
using namespace mlir::adamas;

ThreadBuilder::ThreadBuilder(Location loc, OpBuilder &b, KernelOp kernel, GpuAttr schedule, Level level,
                             int64_t kvHeads, GlobalViews &globals)
    : ImplicitLocOpBuilder(loc, b), kernel(kernel), schedule(schedule), level(level), kvHeads(kvHeads),
      globals(globals) {
  thread = NVVM::ThreadIdXOp::create(*this, getI32Type());
  lane = andOf(thread, i32(31));
  warp = shiftRight(thread, 5);
}

//===----------------------------------------------------------------------===//
// Rows of values
//===----------------------------------------------------------------------===//

static int64_t headAxis(Value value) {
  return cast<ShapedType>(value.getType()).getRank() - getTrailingAxes(value) - 1;
}

int64_t ThreadBuilder::headsPerItem(Value value) {
  return cast<ShapedType>(value.getType()).getDimSize(headAxis(value)) / kvHeads;
}

int64_t ThreadBuilder::countQueryTokens(Value value) {
  return headAxis(value) == 2 ? cast<ShapedType>(value.getType()).getDimSize(1) : 1;
}

int64_t ThreadBuilder::countRows(Value value) { return headsPerItem(value) * countQueryTokens(value); }

Value ThreadBuilder::queryToken(Value value, Value row) {
  return countQueryTokens(value) == 1 ? i32(0) : div(row, i32(headsPerItem(value)));
}

Value ThreadBuilder::headOf(Value value, Value row) {
  int64_t heads = headsPerItem(value);
  Value within = countQueryTokens(value) == 1 ? row : rem(row, i32(heads));
  return add(mul(head, i32(heads)), heads == 1 ? i32(0) : within);
}

SmallVector<Value> ThreadBuilder::rowIndices(Value value, Value row, Value part) {
  auto shape = cast<ShapedType>(value.getType()).getShape();
  SmallVector<Value> indices{shape[0] == 1 ? i32(0) : batch};
  if (headAxis(value) == 2)
    indices.push_back(queryToken(value, row));
  indices.push_back(headOf(value, row));
  if (getValueKind(value) == ValueKind::Parts)
    indices.push_back(shape[headAxis(value) + 1] == 1 ? i32(0) : (part ? part : this->part));
  return indices;
}

RowRange ThreadBuilder::itemRange(Value value) {
  int64_t count = countRows(value);
  if (level == Level::Row)
    return {i32(0), count};
  count /= level == Level::Token ? countQueryTokens(value) : itemRows;
  return {mul(row, i32(count)), count};
}

LogicalResult ThreadBuilder::needRows() {
  if (!makeRows)
    return success();
  auto make = std::move(makeRows);
  makeRows = nullptr;
  if (failed(make()))
    return failure();
  barrier();
  return success();
}

Value ThreadBuilder::rowAddress(Value value, Value row, ValueRange trailing, Value part) {
  if (auto it = rows.find(value); it != rows.end()) {
    const SharedRows &made = it->second;
    Value index = sub(row, made.first);
    for (auto [axis, size] : llvm::enumerate(made.shape)) {
      index = mul(index, i32(size));
      if (axis < trailing.size())
        index = add(index, toI32(trailing[axis]));
    }
    return offset(made.pointer, made.element, index);
  }
  SmallVector<Value> indices = rowIndices(value, row, part);
  indices.append(trailing.begin(), trailing.end());
  return global(value).address(*this, indices);
}

RowView ThreadBuilder::rowView(Value value, Value part) {
  if (auto it = shared.find(value); it != shared.end())
    return it->second;
  return {rowAddress(value, row, {}, part), global(value).element};
}

RowView ThreadBuilder::allocateRow(Value value, Type element, int64_t count) {
  if (!isGlobal(value))
    shared[value] = {allocateShared(count * element.getIntOrFloatBitWidth() / 8), element};
  return rowView(value);
}

RowRange ThreadBuilder::allocateRows(Value value, Type element, SmallVector<int64_t> shape) {
  RowRange range = itemRange(value);
  if (isGlobal(value))
    return range;
  int64_t elements = range.count;
  for (int64_t size : shape)
    elements *= size;
  rows[value] = {allocateShared(elements * element.getIntOrFloatBitWidth() / 8), element, std::move(shape),
                 range.first};
  return range;
}

Value ThreadBuilder::listPointer(Value indices) {
  if (auto it = lists.find(indices); it != lists.end())
    return it->second.pointer;
  return rowAddress(indices, row, {});
}

Value ThreadBuilder::countSlots(Value indices) {
  Value length = lists.lookup(indices).length;
  return length ? length : i32(cast<ShapedType>(indices.getType()).getShape().back());
}

//===----------------------------------------------------------------------===//
// Lengths
//===----------------------------------------------------------------------===//

Value ThreadBuilder::visibleTokens(Value seqLens, Value token, int64_t queryTokens, Value capacity) {
  Value length = lengths.lookup(seqLens);
  if (!length)
    length = load(getI32Type(), global(seqLens).address(*this, {batch}));
  length = minOf(length, capacity);
  if (queryTokens > 1)
    length = add(sub(length, i32(queryTokens - 1)), token);
  return maxOf(length, i32(0));
}

void ThreadBuilder::prepareLength(Value seqLens) {
  if (!lengths.count(seqLens))
    lengths[seqLens] = load(getI32Type(), global(seqLens).address(*this, {batch}));
}

Value ThreadBuilder::visibleToRow(Value value, Value seqLens, Value capacity) {
  return visibleTokens(seqLens, queryToken(value, row), countQueryTokens(value), capacity);
}

std::pair<Value, Value> ThreadBuilder::partRange(Value parts, Value visible) {
  if (!parts)
    return {i32(0), visible};
  auto partition = parts.getDefiningOp<PartitionOp>();
  int64_t ways = partition.getWays();
  if (ways == 1)
    return {i32(0), visible};
  Value step = mul(ceilDiv(visible, ways * unitTokens), i32(unitTokens));
  Value begin = minOf(mul(part, step), visible);
  return {begin, minOf(add(begin, step), visible)};
}

std::pair<Value, Value> ThreadBuilder::freeRange(Value visible, int64_t sink, int64_t recent) {
  Value low = minOf(i32(sink), visible);
  return {low, maxOf(sub(visible, minOf(i32(recent), visible)), low)};
}

Value ThreadBuilder::sequenceByLength(Value seqLens, Value place) {
  GlobalView &lengths = global(seqLens);
  int64_t group = schedule.getSort();
  Value first = andOf(place, i32(-group)), sequences = toI32(lengths.sizes[0]);
  // Each of the first lanes holds a sequence; equal lengths stay as they come.
  Value mine = add(first, lane), there = andOf(lessThan(lane, i32(group)), lessThan(mine, sequences));
  Value length =
      ifElse(there, i32(-1), [&] { return SmallVector<Value>{load(getI32Type(), lengths.address(*this, {mine}))}; })[0];
  length = maxOf(length, select(there, i32(0), i32(-1))); // what is no sequence comes behind what is empty
  Value rank = i32(0);
  for (int64_t other = 0; other < group; ++other) {
    Value theirs = shuffleFrom(length, i32(other));
    Value before = orOf(compare(arith::CmpIPredicate::sgt, theirs, length),
                        andOf(equal(theirs, length), lessThan(i32(other), lane)));
    rank = add(rank, arith::ExtUIOp::create(*this, getI32Type(), before));
  }
  Value found = ballot(andOf(lessThan(lane, i32(group)), equal(rank, sub(place, first))));
  return add(first, LLVM::CountTrailingZerosOp::create(*this, getI32Type(), found, false));
}

//===----------------------------------------------------------------------===//
// The cluster
//===----------------------------------------------------------------------===//

static Value mapTo(ThreadBuilder &b, Value pointer, Value rank) {
  return NVVM::MapaOp::create(b, LLVM::LLVMPointerType::get(b.getContext(), 7), pointer, rank);
}

void ThreadBuilder::enterCluster() {
  // Others need to know that this CTA runs and has made its barriers, and nothing else that it wrote: a release would
  // wait for the memory.
  entry = NVVM::ClusterArriveRelaxedOp::create(*this, /*aligned=*/getUnitAttr());
  clusterRuns = false;
}

void ThreadBuilder::needCluster() {
  if (!clusterRuns)
    NVVM::ClusterWaitOp::create(*this, /*aligned=*/getUnitAttr());
  clusterRuns = true;
}

Value ThreadBuilder::expectBytes(int64_t bytes) {
  Value barrier = allocateShared(8);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPoint(entry);
  ifThen(equal(thread, i32(0)), [&] { adamas_gpu::BarrierInitOp::create(*this, barrier, bytes); });
  return barrier;
}

void ThreadBuilder::send(Value value, Value pointer, Value barrier, Value rank) {
  adamas_gpu::StoreAsyncOp::create(*this, value, mapTo(*this, pointer, rank), mapTo(*this, barrier, rank));
}

void ThreadBuilder::receive(Value waited) {
  // One warp looks: what it sees all see after the barrier, and each look of a warp empties the L1.
  ifThen(equal(warp, i32(0)), [&] { adamas_gpu::BarrierWaitOp::create(*this, waited); });
  barrier();
}

//===----------------------------------------------------------------------===//
// Shared memory, threads together
//===----------------------------------------------------------------------===//

Value ThreadBuilder::allocateShared(int64_t bytes) {
  // At the kernel's start: pieces outlive the block that asks for them.
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointAfterValue(thread);
  Value piece =
      adamas_gpu::SharedMemoryOp::create(*this, LLVM::LLVMPointerType::get(getContext(), 3), bytes, sharedBytes);
  sharedBytes += llvm::alignTo(bytes, 16);
  return piece;
}

void ThreadBuilder::waitForKernelBefore() {
  if (waits)
    adamas_gpu::WaitGridOp::create(*this);
  waits = false;
}

void ThreadBuilder::barrier() { NVVM::Barrier0Op::create(*this); }

// All lanes, and for shuffles the clamp of a whole warp.
static constexpr int64_t allLanes = 0xffffffff, wholeWarp = 31;

static Value shuffle(ThreadBuilder &b, Value value, Value by, int64_t clamp, NVVM::ShflKind kind) {
  return NVVM::ShflOp::create(b, value.getType(), b.i32(int32_t(allLanes)), value, by, b.i32(clamp), kind, UnitAttr());
}

Value ThreadBuilder::shuffleXor(Value value, int64_t mask) {
  return shuffle(*this, value, i32(mask), wholeWarp, NVVM::ShflKind::bfly);
}

Value ThreadBuilder::shuffleUp(Value value, int64_t delta) {
  return shuffle(*this, value, i32(delta), 0, NVVM::ShflKind::up);
}

Value ThreadBuilder::shuffleFrom(Value value, Value lane) {
  return shuffle(*this, value, lane, wholeWarp, NVVM::ShflKind::idx);
}

Value ThreadBuilder::ballot(Value predicate) {
  return NVVM::VoteSyncOp::create(*this, getI32Type(), i32(int32_t(allLanes)), predicate, NVVM::VoteSyncKind::ballot);
}

Value ThreadBuilder::warpSum(Value value) {
  return NVVM::ReduxOp::create(*this, getI32Type(), value, NVVM::ReduxKind::ADD, i32(int32_t(allLanes)));
}

std::pair<Value, Value> ThreadBuilder::warpPrefix(Value value) {
  Value sum = value;
  for (int64_t delta = 1; delta < 32; delta *= 2) {
    Value before = shuffleUp(sum, delta);
    sum = add(sum, select(atLeast(lane, i32(delta)), before, i32(0)));
  }
  return {sub(sum, value), shuffleFrom(sum, i32(31))};
}

std::pair<Value, Value> ThreadBuilder::ctaPrefix(Value value) {
  Value before, total;
  std::tie(before, total) = warpPrefix(value);
  if (warps() == 1)
    return {before, total};
  if (!prefixSlots)
    prefixSlots = allocateShared(32 * 4);
  ifThen(equal(lane, i32(0)), [&] { storeI32(total, prefixSlots, warp); });
  barrier();
  Value ofWarp =
      ifElse(lessThan(lane, i32(warps())), i32(0), [&] { return SmallVector<Value>{loadI32(prefixSlots, lane)}; })[0];
  Value warpsBefore = warpSum(select(lessThan(lane, warp), ofWarp, i32(0)));
  return {add(before, warpsBefore), warpSum(ofWarp)};
}

//===----------------------------------------------------------------------===//
// Shorthand
//===----------------------------------------------------------------------===//

Value ThreadBuilder::toI64(Value value) {
  return value.getType().isInteger(64) ? value : arith::ExtSIOp::create(*this, getI64Type(), value).getResult();
}

Value ThreadBuilder::toI32(Value value) {
  return value.getType().isInteger(32) ? value : arith::TruncIOp::create(*this, getI32Type(), value).getResult();
}

Value ThreadBuilder::popcount(Value word) { return LLVM::CtPopOp::create(*this, word.getType(), word); }

SmallVector<Value> ThreadBuilder::forLoop(Value begin, Value end, Value step, ValueRange carried,
                                          function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, begin, end, step, carried, [&](OpBuilder &, Location, Value, ValueRange) {});
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(*this, next);
  return SmallVector<Value>(loop.getResults());
}

void ThreadBuilder::forLoop(Value begin, Value end, Value step, function_ref<void(Value)> body) {
  forLoop(begin, end, step, {}, [&](Value i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

void ThreadBuilder::ifThen(Value condition, function_ref<void()> body) {
  auto branch = scf::IfOp::create(*this, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  body();
}

SmallVector<Value> ThreadBuilder::ifElse(Value condition, ValueRange other, function_ref<SmallVector<Value>()> then) {
  auto branch = scf::IfOp::create(*this, other.getTypes(), condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  SmallVector<Value> values = then();
  scf::YieldOp::create(*this, values);
  setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(*this, other);
  return SmallVector<Value>(branch.getResults());
}

SmallVector<Value> ThreadBuilder::whileLoop(ValueRange initial, function_ref<Value(ValueRange)> condition,
                                            function_ref<SmallVector<Value>(ValueRange)> body) {
  auto loop = scf::WhileOp::create(
      *this, initial.getTypes(), initial, [&](OpBuilder &, Location, ValueRange) {},
      [&](OpBuilder &, Location, ValueRange) {});
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBeforeBody());
  Value go = condition(loop.getBeforeArguments());
  scf::ConditionOp::create(*this, go, loop.getBeforeArguments());
  setInsertionPointToStart(loop.getAfterBody());
  SmallVector<Value> next = body(loop.getAfterArguments());
  scf::YieldOp::create(*this, next);
  return SmallVector<Value>(loop.getResults());
}

Value ThreadBuilder::load(Type type, Value pointer, int64_t alignment) {
  return LLVM::LoadOp::create(*this, type, pointer, alignment);
}

void ThreadBuilder::store(Value value, Value pointer, int64_t alignment) {
  LLVM::StoreOp::create(*this, value, pointer, alignment);
}

Value ThreadBuilder::offset(Value pointer, Type element, Value index) {
  return LLVM::GEPOp::create(*this, pointer.getType(), element, pointer, ArrayRef<LLVM::GEPArg>{index});
}

//===----------------------------------------------------------------------===//
// Rows over lanes
//===----------------------------------------------------------------------===//

Value ThreadBuilder::firstElement(int64_t dim) {
  return mul(andOf(lane, i32(lanesPerRow(dim) - 1)), i32(elementsPerLane(dim)));
}

SmallVector<Value> ThreadBuilder::loadChunks(Value pointer, Type element, int64_t dim) {
  int64_t perLoad = 128 / element.getIntOrFloatBitWidth();
  SmallVector<Value> chunks;
  for (int64_t i = 0; i < elementsPerLane(dim); i += perLoad)
    chunks.push_back(load(VectorType::get({perLoad}, element), offset(pointer, element, i32(i)), 16));
  return chunks;
}

void ThreadBuilder::storeChunks(ArrayRef<Value> chunks, Value pointer) {
  int64_t index = 0;
  for (Value chunk : chunks) {
    auto type = cast<VectorType>(chunk.getType());
    store(chunk, offset(pointer, type.getElementType(), i32(index)), 16);
    index += type.getDimSize(0);
  }
}

RowFragment ThreadBuilder::toFragment(ArrayRef<Value> chunks) {
  RowFragment row;
  for (Value chunk : chunks) {
    auto type = cast<VectorType>(chunk.getType());
    if (!type.getElementType().isF32())
      chunk = arith::ExtFOp::create(*this, VectorType::get(type.getShape(), getF32Type()), chunk);
    for (int64_t j = 0; j < type.getDimSize(0); ++j)
      row.push_back(LLVM::ExtractElementOp::create(*this, chunk, i32(j)));
  }
  return row;
}

RowFragment ThreadBuilder::loadFragment(Value pointer, Type element, int64_t dim) {
  return toFragment(loadChunks(pointer, element, dim));
}

void ThreadBuilder::storeFragment(const RowFragment &row, Value pointer, Type element, int64_t dim) {
  int64_t bytes = element.getIntOrFloatBitWidth() / 8, perStore = std::min<int64_t>(16 / bytes, row.size());
  for (int64_t i = 0; i < int64_t(row.size()); i += perStore) {
    Value chunk = LLVM::PoisonOp::create(*this, VectorType::get({perStore}, element));
    for (int64_t j = 0; j < perStore; ++j) {
      Value value = row[i + j];
      if (value.getType() != element)
        value = isa<FloatType>(element) ? arith::TruncFOp::create(*this, element, value).getResult()
                                        : arith::TruncIOp::create(*this, element, value).getResult();
      chunk = LLVM::InsertElementOp::create(*this, chunk, value, i32(j));
    }
    store(chunk, offset(pointer, element, i32(i)), perStore * bytes);
  }
}

void ThreadBuilder::forRows(int64_t count, int64_t dim, function_ref<void(Value, Value)> body) {
  int64_t lanes = lanesPerRow(dim), groups = threads() / lanes;
  Value group = div(thread, i32(lanes));
  if (count <= groups) {
    auto once = [&] { body(minOf(group, i32(count - 1)), lessThan(group, i32(count))); };
    // Warps without a row leave the others their turns.
    int64_t busy = (count * lanes + 31) / 32;
    return busy < warps() ? ifThen(lessThan(warp, i32(busy)), once) : once();
  }
  forLoop(i32(0), i32((count + groups - 1) / groups), i32(1), [&](Value step) {
    Value row = add(mul(step, i32(groups)), group);
    body(minOf(row, i32(count - 1)), lessThan(row, i32(count)));
  });
}

Value mlir::adamas::loadDistance(ThreadBuilder &b, Value pointer, Type element, Value index) {
  Value stored = b.load(element, b.offset(pointer, element, index));
  return element.isInteger(32) ? stored : arith::ExtUIOp::create(b, b.getI32Type(), stored).getResult();
}
