// Loops over the distances of a row that counting and listing share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/SelectionLoops.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::adamas;

Value mlir::adamas::loadDistance(KernelBuilder &b, const Row &row, Value token) {
  Value stored = b.load(row, {token});
  return stored.getType().isInteger(32) ? stored : arith::ExtUIOp::create(b, b.getI32Type(), stored).getResult();
}

/// The lanes of a vector of truth values as bits of an i32.
static Value toBits(KernelBuilder &b, Value mask) {
  int64_t width = cast<VectorType>(mask.getType()).getDimSize(0);
  auto type = b.vectorType(b.getIntegerType(width), 1);
  Value bits = vector::ExtractOp::create(b, vector::BitCastOp::create(b, type, mask), ArrayRef<int64_t>{0});
  return width < 32 ? arith::ExtUIOp::create(b, b.getI32Type(), bits).getResult() : bits;
}

SmallVector<Value> mlir::adamas::forNear(KernelBuilder &b, const Row &distances, Value begin, Value end, Value limit,
                                         ValueRange carried, function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  Type element = cast<MemRefType>(distances.memory.getType()).getElementType();
  int64_t width = element.isInteger(16) ? 2 * b.cpu.getLanes() : b.cpu.getLanes();
  Value narrow = element.isInteger(32) ? limit : arith::TruncIOp::create(b, element, limit).getResult();
  Value limits = b.splat(narrow, width);
  Value vectors = arith::DivUIOp::create(b, b.sub(end, begin), b.index(width));
  Value whole = b.add(begin, arith::MulIOp::create(b, vectors, b.index(width)));
  SmallVector<Value> state = b.forLoop(begin, whole, width, carried, [&](Value token, ValueRange inner) {
    Value loaded = b.loadVector(element, width, distances, {token});
    SmallVector<Value> initial{toBits(b, b.compare(arith::CmpIPredicate::ule, loaded, limits))};
    llvm::append_range(initial, inner);
    SmallVector<Value> last = b.whileLoop(
        initial, [&](ValueRange values) { return b.compare(arith::CmpIPredicate::ne, values[0], b.i32(0)); },
        [&](ValueRange values) {
          Value lowest = math::CountTrailingZerosOp::create(b, values[0]);
          SmallVector<Value> next{arith::AndIOp::create(b, values[0], b.sub(values[0], b.i32(1)))};
          llvm::append_range(next, body(b.add(token, b.toIndex(lowest)), values.drop_front()));
          return next;
        });
    return SmallVector<Value>(llvm::drop_begin(last));
  });
  return b.forLoop(whole, end, 1, state, [&](Value token, ValueRange inner) {
    Value near = b.compare(arith::CmpIPredicate::ule, loadDistance(b, distances, token), limit);
    return b.ifElse(near, inner, [&] { return body(token, inner); });
  });
}

std::pair<Value, Value> mlir::adamas::getFreeRange(KernelBuilder &b, Value visible, int64_t sink, int64_t recent) {
  return {b.index(sink), b.sub(visible, b.index(recent))};
}

std::pair<Value, Value> mlir::adamas::getFreeSlots(KernelBuilder &b, Value candidates, Value row, Value low,
                                                   Value high) {
  Row list = b.getRow(candidates, row);
  Value slots = b.index(cast<ShapedType>(candidates.getType()).getShape().back());
  Value no = arith::ConstantIntOp::create(b, 0, 1);
  /// Moves `slot` by `step` while it is `inside` and `test` holds for the position at `slot + offset`.
  auto move = [&](Value start, int64_t step, int64_t offset, function_ref<Value(Value)> inside,
                  function_ref<Value(Value)> test) {
    return b.whileLoop(
        start,
        [&](ValueRange slot) {
          return b.ifElse(inside(slot[0]), no, [&] {
            return SmallVector<Value>{test(b.toIndex(b.load(list, {b.add(slot[0], b.index(offset))})))};
          })[0];
        },
        [&](ValueRange slot) { return SmallVector<Value>{b.add(slot[0], b.index(step))}; })[0];
  };
  Value begin = move(
      b.index(0), 1, 0, [&](Value slot) { return b.compare(arith::CmpIPredicate::slt, slot, slots); },
      [&](Value position) {
        Value listed = b.compare(arith::CmpIPredicate::sge, position, b.index(0));
        return arith::AndIOp::create(b, listed, b.compare(arith::CmpIPredicate::slt, position, low));
      });
  Value end = move(
      slots, -1, -1, [&](Value slot) { return b.compare(arith::CmpIPredicate::sgt, slot, begin); },
      [&](Value position) {
        Value padded = b.compare(arith::CmpIPredicate::slt, position, b.index(0));
        return arith::OrIOp::create(b, padded, b.compare(arith::CmpIPredicate::sge, position, high));
      });
  return {begin, end};
}
