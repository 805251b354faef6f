// Tensors in a GPU's global memory, as a kernel finds them in its parameter block.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"

using namespace mlir;
using namespace mlir::adamas;

Slot GlobalViews::describe(Value value) {
  auto type = cast<ShapedType>(value.getType());
  Slot slot;
  slot.shape = SmallVector<int64_t>(type.getShape());
  slot.element = type.getElementType();
  if (auto codes = dyn_cast<CodesType>(slot.element)) {
    slot.shape.append({int64_t(codes.getBits()), codes.getWords()});
    slot.element = IntegerType::get(value.getContext(), 32);
  }
  return slot;
}

Slot &GlobalViews::add(Value value) {
  Slot slot = describe(value);
  return add(value, slot.shape, slot.element);
}

Slot &GlobalViews::add(Value value, SmallVector<int64_t> shape, Type element) {
  Slot slot;
  slot.number = slots.size();
  slot.offset = end;
  slot.shape = std::move(shape);
  slot.element = element;
  end += 8 + 16 * slot.shape.size();
  return slots[value] = std::move(slot);
}

Value GlobalViews::resolve(Value value) const {
  for (auto it = aliases.find(value); it != aliases.end(); it = aliases.find(value))
    value = it->second;
  return value;
}

Value GlobalViews::parameter(ThreadBuilder &b, int64_t offset, Type type) {
  return adamas_gpu::ParameterOp::create(b, type, block, offset);
}

GlobalView &GlobalViews::get(ThreadBuilder &b, Value value) {
  PagedViewOp view = paged.lookup(value);
  std::unique_ptr<GlobalView> &entry = views[value];
  if (entry)
    return *entry;
  auto made = std::make_unique<GlobalView>();
  // At the kernel's start, so that every later use may have it; what is not used is dropped.
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfterValue(block);
  Value memory = view ? resolve(view.getPool()) : resolve(value);
  const Slot &slot = slots.find(memory)->second;
  made->element = slot.element;
  made->shape = slot.shape;
  made->pointer = parameter(b, slot.offset, LLVM::LLVMPointerType::get(b.getContext(), 1));
  int64_t rank = slot.shape.size();
  for (int64_t axis = 0; axis < rank; ++axis) {
    made->sizes.push_back(ShapedType::isDynamic(slot.shape[axis])
                              ? parameter(b, slot.offset + 8 + 8 * axis, b.getI64Type())
                              : b.i64(slot.shape[axis]));
    // The innermost axis lies densely.
    made->strides.push_back(axis + 1 == rank ? b.i64(1)
                                             : parameter(b, slot.offset + 8 + 8 * (rank + axis), b.getI64Type()));
  }
  if (view) {
    const Slot &table = slots.find(resolve(view.getPageTable()))->second;
    made->table = parameter(b, table.offset, LLVM::LLVMPointerType::get(b.getContext(), 1));
    made->tableStride = parameter(b, table.offset + 8 + 16, b.getI64Type());
    made->tablePages = b.toI32(made->sizes[0]);
    bool headMajor = view.getLayout() == PoolLayout::HeadMajor;
    made->headAxis = headMajor ? 1 : 2;
    made->tokenAxis = headMajor ? 2 : 1;
    made->pageSize = slot.shape[made->tokenAxis];
    Value pages =
        ShapedType::isDynamic(table.shape[1]) ? parameter(b, table.offset + 16, b.getI64Type()) : b.i64(table.shape[1]);
    made->capacity = b.mul(b.toI32(pages), b.i32(made->pageSize));
  } else if (rank >= 3) {
    made->capacity = b.toI32(made->sizes[2]);
  }
  // Building parameters may have moved the entry.
  return *(views[value] = std::move(made));
}

Value GlobalView::address(ThreadBuilder &b, ValueRange indices) {
  Value linear;
  for (auto [axis, index] : llvm::enumerate(indices)) {
    Value term = b.mul(b.toI64(index), strides[axis]);
    linear = linear ? b.add(linear, term) : term;
  }
  return linear ? b.offset(pointer, element, linear) : pointer;
}

Value GlobalView::loadEntry(ThreadBuilder &b, Value batch, Value token) {
  Value page = b.div(token, b.i32(pageSize));
  Value entry = b.offset(table, b.getI32Type(), b.add(b.mul(b.toI64(batch), tableStride), b.toI64(page)));
  return b.load(b.getI32Type(), entry);
}

Value GlobalView::tokenAddress(ThreadBuilder &b, Value batch, Value head, Value token, Value entry) {
  if (!table)
    return address(b, {shape[0] == 1 ? b.i32(0) : batch, head, token});
  // kv-5: an entry outside the pool is never followed.
  Value number = entry ? entry : loadEntry(b, batch, token);
  number = b.maxOf(b.minOf(number, b.sub(tablePages, b.i32(1))), b.i32(0));
  SmallVector<Value> indices(3);
  indices[0] = number;
  indices[headAxis] = head;
  indices[tokenAxis] = b.rem(token, b.i32(pageSize));
  return address(b, indices);
}
