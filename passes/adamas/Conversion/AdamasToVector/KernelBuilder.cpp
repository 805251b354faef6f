// Builds the function of one kernel: coordinates of the work item, rows, access to values wherever they live.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/KernelBuilder.h"

using namespace mlir;
using namespace mlir::adamas;

KernelBuilder::KernelBuilder(Location loc, OpBuilder &b, KernelOp kernel, int64_t kvHeads)
    : ImplicitLocOpBuilder(loc, b), kvHeads(kvHeads), cpu(cast<CpuAttr>(kernel.getSchedule())),
      level(kernel.getLevel()) {}

//===--- values ---===//

bool KernelBuilder::hasQueryTokens(Value value) {
  return cast<ShapedType>(value.getType()).getRank() == getTrailingAxes(value) + 3;
}

int64_t KernelBuilder::headsPerItem(Value value) {
  auto shape = cast<ShapedType>(value.getType()).getShape();
  return shape[shape.size() - getTrailingAxes(value) - 1] / kvHeads;
}

int64_t KernelBuilder::countRows(Value value) {
  return headsPerItem(value) * (hasQueryTokens(value) ? cast<ShapedType>(value.getType()).getDimSize(1) : 1);
}

Value KernelBuilder::getQueryToken(Value value, Value row) {
  int64_t heads = headsPerItem(value);
  if (!hasQueryTokens(value))
    return index(0);
  return heads == 1 ? row : arith::DivUIOp::create(*this, row, index(heads)).getResult();
}

Value KernelBuilder::getHead(Value value, Value row) {
  int64_t heads = headsPerItem(value);
  if (heads == 1)
    return head;
  Value inGroup = hasQueryTokens(value) ? arith::RemUIOp::create(*this, row, index(heads)).getResult() : row;
  return add(arith::MulIOp::create(*this, head, index(heads)), inGroup);
}

void KernelBuilder::allocate(Value value, Type element, ArrayRef<OpFoldResult> trailing) {
  if (globals.contains(value))
    return;
  SmallVector<OpFoldResult> shape{getIndexAttr(countRows(value))};
  llvm::append_range(shape, trailing);
  locals[value] = scratch(element, shape);
}

Row KernelBuilder::getRow(Value value, Value row, Value part) {
  if (Value local = locals.lookup(value))
    return {local, {row}};
  Row result{globals.lookup(value), {batch}};
  assert(result.memory && "a value without memory");
  if (hasQueryTokens(value))
    result.indices.push_back(getQueryToken(value, row));
  result.indices.push_back(getHead(value, row));
  if (getValueKind(value) == ValueKind::Parts)
    result.indices.push_back(part ? part : level == Level::Part ? block : index(0));
  return result;
}

Value KernelBuilder::cacheBatch(Value cache) {
  return cast<ShapedType>(cache.getType()).getDimSize(0) == 1 ? index(0) : batch;
}

bool KernelBuilder::isInRegisters(Value value) {
  auto staged = value.getDefiningOp<StagedOpInterface>();
  return staged && staged.getPlacementKind() == Placement::Registers;
}

//===--- lengths ---===//

Value KernelBuilder::getVisible(Value value, Value row, Value seqLens) {
  Value length = toIndex(load({globals.lookup(seqLens), {}}, {batch}));
  if (!hasQueryTokens(value))
    return maxIndex(length, index(0));
  int64_t tokens = cast<ShapedType>(value.getType()).getDimSize(1);
  return maxIndex(add(length, sub(getQueryToken(value, row), index(tokens - 1))), index(0));
}

std::pair<Value, Value> KernelBuilder::getPartRange(Value parts, Value visible) {
  if (!parts)
    return {index(0), visible};
  Row boundaries{globals.lookup(parts), {}};
  Value begin = toIndex(load(boundaries, {block})), end = toIndex(load(boundaries, {add(block, index(1))}));
  return {minIndex(begin, visible), minIndex(end, visible)};
}

//===--- shorthand ---===//

Value KernelBuilder::f32(double value) {
  return arith::ConstantOp::create(*this, getF32FloatAttr(static_cast<float>(value)));
}

Value KernelBuilder::splat(Value value, int64_t lanes) {
  return vector::BroadcastOp::create(*this, vectorType(value.getType(), lanes), value);
}

Value KernelBuilder::add(Value a, Value b) { return arith::AddIOp::create(*this, a, b); }
Value KernelBuilder::sub(Value a, Value b) { return arith::SubIOp::create(*this, a, b); }

static SmallVector<Value> join(const Row &row, ValueRange trailing) {
  SmallVector<Value> indices(row.indices);
  llvm::append_range(indices, trailing);
  return indices;
}

Value KernelBuilder::load(const Row &row, ValueRange trailing) {
  return memref::LoadOp::create(*this, row.memory, join(row, trailing));
}

void KernelBuilder::store(Value value, const Row &row, ValueRange trailing) {
  memref::StoreOp::create(*this, value, row.memory, join(row, trailing));
}

Value KernelBuilder::loadVector(Type element, int64_t lanes, const Row &row, ValueRange trailing) {
  return vector::LoadOp::create(*this, vectorType(element, lanes), row.memory, join(row, trailing));
}

void KernelBuilder::storeVector(Value value, const Row &row, ValueRange trailing) {
  vector::StoreOp::create(*this, value, row.memory, join(row, trailing));
}

SmallVector<Value> KernelBuilder::forLoop(Value begin, Value end, int64_t step, ValueRange carried,
                                          function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, begin, end, index(step), carried);
  InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(*this, next);
  return SmallVector<Value>(loop.getResults());
}

void KernelBuilder::forLoop(Value begin, Value end, int64_t step, function_ref<void(Value)> body) {
  forLoop(begin, end, step, {}, [&](Value i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

SmallVector<Value> KernelBuilder::whileLoop(ValueRange initial, function_ref<Value(ValueRange)> condition,
                                            function_ref<SmallVector<Value>(ValueRange)> body) {
  auto inRegion = [&](ValueRange values, function_ref<void()> emit) {
    InsertionGuard guard(*this);
    setInsertionPointToEnd(values[0].getParentBlock());
    emit();
  };
  auto loop = scf::WhileOp::create(
      *this, initial.getTypes(), initial,
      [&](OpBuilder &, Location, ValueRange values) {
        inRegion(values, [&] { scf::ConditionOp::create(*this, condition(values), values); });
      },
      [&](OpBuilder &, Location, ValueRange values) {
        inRegion(values, [&] { scf::YieldOp::create(*this, body(values)); });
      });
  return SmallVector<Value>(loop.getResults());
}

SmallVector<Value> KernelBuilder::ifElse(Value condition, ValueRange other, function_ref<SmallVector<Value>()> then) {
  auto branch = scf::IfOp::create(*this, other.getTypes(), condition, /*withElseRegion=*/true);
  InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(*this, then());
  setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(*this, other);
  return SmallVector<Value>(branch.getResults());
}

void KernelBuilder::forRows(int64_t count, function_ref<void(Value)> body) {
  if (count == 1)
    return body(index(0));
  forLoop(index(0), index(count), 1, body);
}

void KernelBuilder::ifThen(Value condition, function_ref<void()> body) {
  auto branch = scf::IfOp::create(*this, condition, /*withElseRegion=*/false);
  InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  body();
}

Value KernelBuilder::scratch(Type element, ArrayRef<OpFoldResult> shape) {
  SmallVector<int64_t> sizes;
  SmallVector<Value> dynamic;
  for (OpFoldResult size : shape) {
    if (auto attr = dyn_cast<Attribute>(size)) {
      sizes.push_back(cast<IntegerAttr>(attr).getInt());
    } else {
      sizes.push_back(ShapedType::kDynamic);
      dynamic.push_back(cast<Value>(size));
    }
  }
  allocations.push_back(
      memref::AllocOp::create(*this, MemRefType::get(sizes, element), dynamic, getI64IntegerAttr(64)));
  return allocations.back();
}

void KernelBuilder::freeScratch() {
  for (Value memory : allocations)
    memref::DeallocOp::create(*this, memory);
}
