// adamas.join and adamas.add_part_axis for GPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"

using namespace mlir;
using namespace mlir::adamas;

Value mlir::adamas::isAnyOutside(ThreadBuilder &b, Value first, Value last, Value low, Value high) {
  Value late = b.compare(arith::CmpIPredicate::uge, last, high);
  return b.orOf(b.lessThan(first, low), late);
}

/// Writes -1 into slots from `length` on.
static void pad(ThreadBuilder &b, Value list, Value length, Value slots, Value first, int64_t step) {
  b.forLoop(b.add(length, first), slots, b.i32(step), [&](Value slot) { b.storeI32(b.i32(-1), list, slot); });
}

/// The whole list of one part becomes the row's.
static void joinOne(ThreadBuilder &b, JoinOp op, Value slots) {
  ListView list = b.lists[op.getIndices()];
  b.lists[op.getJoined()] = list;
  b.scalars[op.getJoinedLengths()] = list.length;
  if (b.isGlobal(op.getJoined())) {
    Value target = b.rowAddress(op.getJoined(), b.row, {});
    b.forThreads(list.length, [&](Value slot) { b.storeI32(b.loadI32(list.pointer, slot), target, slot); });
    pad(b, target, list.length, slots, b.thread, b.threads());
  }
  if (b.isGlobal(op.getJoinedLengths()))
    b.ifThen(b.equal(b.thread, b.i32(0)),
             [&] { b.store(list.length, b.rowAddress(op.getJoinedLengths(), b.row, {})); });
}

LogicalResult mlir::adamas::emitJoin(ThreadBuilder &b, JoinOp op) {
  auto shape = op.getIndices().getType().getShape();
  int64_t ways = shape[shape.size() - 2];
  Value slots = b.i32(shape.back());
  if (b.lists.count(op.getIndices())) {
    joinOne(b, op, slots);
    return success();
  }
  // A warp a row: parts ascend, so each goes behind the ones before it.
  int64_t rows = b.countRows(op.getJoined());
  b.forLoop(b.warp, b.i32(rows), b.i32(b.warps()), [&](Value row) {
    bool stored = b.isGlobal(op.getJoined());
    Value target = stored ? b.rowAddress(op.getJoined(), row, {}) : Value();
    Value total = b.i32(0);
    for (int64_t part = 0; part < ways; ++part) {
      Value length = b.load(b.getI32Type(), b.rowAddress(op.getLengths(), row, {}, b.i32(part)));
      if (stored) {
        Value source = b.rowAddress(op.getIndices(), row, {}, b.i32(part));
        b.forLoop(b.lane, b.minOf(length, b.sub(slots, total)), b.i32(32),
                  [&](Value slot) { b.storeI32(b.loadI32(source, slot), target, b.add(total, slot)); });
      }
      total = b.minOf(b.add(total, length), slots);
    }
    if (stored)
      pad(b, target, total, slots, b.lane, 32);
    if (b.isGlobal(op.getJoinedLengths()))
      b.ifThen(b.equal(b.lane, b.i32(0)), [&] { b.store(total, b.rowAddress(op.getJoinedLengths(), row, {})); });
  });
  return success();
}

LogicalResult mlir::adamas::emitAddPartAxis(ThreadBuilder &b, AddPartAxisOp op) {
  Value input = op.getInput(), result = op.getResult();
  if (b.isGlobal(result))
    return op.emitOpError() << "is lowered to GPUs only where its users follow in the same kernel";
  if (b.lists.count(input))
    b.lists[result] = b.lists[input];
  else if (b.scalars.count(input))
    b.scalars[result] = b.scalars[input];
  else if (llvm::any_of(result.getUsers(), [&](Operation *user) {
             auto attention = dyn_cast<PartialAttentionOp>(user);
             return attention && attention.getLengths() == result;
           }))
    b.scalars[result] = b.load(b.getI32Type(), b.rowAddress(input, b.row, {}));
  else
    b.lists[result] = {b.rowAddress(input, b.row, {}), Value()};
  return success();
}
