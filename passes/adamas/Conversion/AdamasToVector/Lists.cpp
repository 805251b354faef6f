// adamas.compact, adamas.join and adamas.add_part_axis for CPUs: what writes lists.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/SelectionLoops.h"

using namespace mlir;
using namespace mlir::adamas;

namespace {
/// A list of at most `capacity` positions that is being written.
struct ListWriter {
  KernelBuilder &b;
  Row list;
  int64_t capacity;

  /// Appends `position` where `wanted`; returns the new count. A full list drops it, whatever a caller's threshold
  /// says.
  Value append(Value position, Value wanted, Value count) {
    Value room = b.compare(arith::CmpIPredicate::slt, count, b.i32(capacity));
    Value take = arith::AndIOp::create(b, wanted, room);
    b.ifThen(take, [&] { b.store(b.toI32(position), list, {b.toIndex(count)}); });
    return b.add(count, arith::ExtUIOp::create(b, b.getI32Type(), take));
  }

  Value appendRange(Value begin, Value end, Value count) {
    Value always = arith::ConstantIntOp::create(b, 1, 1);
    return b.forLoop(begin, end, 1, count, [&](Value position, ValueRange inner) {
      return SmallVector<Value>{append(position, always, inner[0])};
    })[0];
  }

  void pad(Value count) {
    b.forLoop(b.toIndex(count), b.index(capacity), 1, [&](Value slot) { b.store(b.i32(-1), list, {slot}); });
  }
};
} // namespace

LogicalResult mlir::adamas::emitCompact(KernelBuilder &b, CompactOp op) {
  if (!op.getSeqLens())
    return op.emitOpError() << "expects 'seq_lens' on this target, but got none";
  Value distances = op.getDistances();
  int64_t sink = op.getSink(), recent = op.getRecent();
  b.allocate(op.getIndices(), b.getI32Type(), {b.getIndexAttr(op.getBudget())});
  b.allocate(op.getLengths(), b.getI32Type(), {});
  b.forRows(b.countRows(distances), [&](Value row) {
    ListWriter writer{b, b.getRow(op.getIndices(), row), int64_t(op.getBudget())};
    Row source = b.getRow(distances, row);
    Value visible = b.getVisible(distances, row, op.getSeqLens());
    auto [begin, end] = b.getPartRange(op.getParts(), visible);
    auto [low, high] = getFreeRange(b, visible, sink, recent);
    Value threshold = b.load(b.getRow(op.getThreshold(), row), {});
    Value skip = b.load(b.getRow(op.getSkip(), row), {});
    Value none = b.compare(arith::CmpIPredicate::slt, threshold, b.i32(0));

    // sel-1: sinks, then what is near enough, then the recent window; the three ascend.
    Value count = writer.appendRange(begin, b.minIndex(end, low), b.i32(0));
    auto take = [&](Value position, Value distance, ValueRange state) {
      // sel-2: the oldest ties are left out.
      Value tie = b.compare(arith::CmpIPredicate::eq, distance, threshold);
      Value drop = arith::AndIOp::create(b, tie, b.compare(arith::CmpIPredicate::sgt, state[1], b.i32(0)));
      Value keep = arith::XOrIOp::create(b, drop, arith::ConstantIntOp::create(b, 1, 1));
      Value left = b.sub(state[1], arith::ExtUIOp::create(b, b.getI32Type(), drop));
      return SmallVector<Value>{writer.append(position, keep, state[0]), left};
    };
    Value candidates = op.getCandidates(), from, to;
    if (candidates)
      std::tie(from, to) = getFreeSlots(b, candidates, row, b.maxIndex(begin, low), b.minIndex(end, high));
    else
      std::tie(from, to) = std::pair<Value, Value>(b.maxIndex(begin, low), b.minIndex(end, high));
    to = arith::SelectOp::create(b, none, from, b.maxIndex(from, to));
    count = forNear(b, source, from, to, threshold, {count, skip}, [&](Value at, ValueRange state) {
      Value position = candidates ? b.toIndex(b.load(b.getRow(candidates, row), {at})) : at;
      return take(position, loadDistance(b, source, at), state);
    })[0];
    count = writer.appendRange(b.maxIndex(b.maxIndex(high, low), begin), end, count);
    writer.pad(count);
    b.store(count, b.getRow(op.getLengths(), row), {});
  });
  return success();
}

LogicalResult mlir::adamas::emitJoin(KernelBuilder &b, JoinOp op) {
  auto shape = op.getIndices().getType().getShape();
  int64_t budget = shape.back(), ways = shape[shape.size() - 2];
  b.allocate(op.getJoined(), b.getI32Type(), {b.getIndexAttr(budget)});
  b.allocate(op.getJoinedLengths(), b.getI32Type(), {});
  b.forRows(b.countRows(op.getIndices()), [&](Value row) {
    ListWriter writer{b, b.getRow(op.getJoined(), row), budget};
    Value always = arith::ConstantIntOp::create(b, 1, 1);
    Value count = b.forLoop(b.index(0), b.index(ways), 1, b.i32(0), [&](Value part, ValueRange state) {
      Row list = b.getRow(op.getIndices(), row, part);
      Value length = b.toIndex(b.load(b.getRow(op.getLengths(), row, part), {}));
      return b.forLoop(b.index(0), length, 1, state, [&](Value slot, ValueRange inner) {
        return SmallVector<Value>{writer.append(b.toIndex(b.load(list, {slot})), always, inner[0])};
      });
    })[0];
    writer.pad(count);
    b.store(count, b.getRow(op.getJoinedLengths(), row), {});
  });
  return success();
}

LogicalResult mlir::adamas::emitAddPartAxis(KernelBuilder &b, AddPartAxisOp op) {
  int64_t trailing = getTrailingAxes(op.getInput());
  int64_t length = trailing ? op.getInput().getType().getShape().back() : 1;
  SmallVector<OpFoldResult> shape;
  if (trailing)
    shape.push_back(b.getIndexAttr(length));
  b.allocate(op.getResult(), b.getI32Type(), shape);
  b.forRows(b.countRows(op.getInput()), [&](Value row) {
    Row from = b.getRow(op.getInput(), row), to = b.getRow(op.getResult(), row, b.index(0));
    if (!trailing)
      return b.store(b.load(from, {}), to, {});
    b.forLoop(b.index(0), b.index(length), 1, [&](Value i) { b.store(b.load(from, {i}), to, {i}); });
  });
  return success();
}
