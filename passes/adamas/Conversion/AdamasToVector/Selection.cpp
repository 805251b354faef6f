// adamas.histogram, threshold, compact and join for CPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/KernelBuilder.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::adamas;

// Tokens counted one by one before the threshold is first bounded, and between bounds.
static constexpr int64_t firstBlock = 2048, nextBlock = 4096;

/// The distance at `token`, 32 bits; padded slots are the largest unsigned value of their width.
static Value loadDistance(KernelBuilder &b, const Row &row, Value token) {
  Value stored = b.load(row, {token});
  return stored.getType().isInteger(32) ? stored : arith::ExtUIOp::create(b, b.getI32Type(), stored).getResult();
}

static void count(KernelBuilder &b, const Row &bins, Value distance) {
  Value bin = b.toIndex(distance);
  b.store(b.add(b.load(bins, {bin}), b.i32(1)), bins, {bin});
}

/// Visits the tokens of [begin, end) whose distance is at most `limit` (i32, >= 0), in ascending order: vectors of tokens are compared
/// at once and most hold none. `body` gets the token and loop-carried values.
static SmallVector<Value> forNear(KernelBuilder &b, const Row &distances, Value begin, Value end, Value limit,
                                  ValueRange carried, function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  Type element = cast<MemRefType>(distances.memory.getType()).getElementType();
  int64_t width = element.isInteger(16) ? 2 * b.cpu.getLanes() : b.cpu.getLanes();
  Value narrow = element.isInteger(32) ? limit : arith::TruncIOp::create(b, element, limit).getResult();
  Value limits = b.splat(narrow, width);
  Value whole = b.add(begin, arith::MulIOp::create(b, arith::DivUIOp::create(b, b.sub(end, begin), b.index(width)), b.index(width)));
  SmallVector<Value> state = b.forLoop(begin, whole, width, carried, [&](Value token, ValueRange inner) {
    Value near = b.compare(arith::CmpIPredicate::ule, b.loadVector(element, width, distances, {token}), limits);
    auto bitsType = b.vectorType(b.getIntegerType(width), 1);
    Value bits = vector::ExtractOp::create(b, vector::BitCastOp::create(b, bitsType, near), ArrayRef<int64_t>{0});
    if (width < 32)
      bits = arith::ExtUIOp::create(b, b.getI32Type(), bits);
    SmallVector<Value> initial{bits};
    llvm::append_range(initial, inner);
    auto loop = scf::WhileOp::create(
        b, ValueRange(initial).getTypes(), initial,
        [&](OpBuilder &, Location, ValueRange values) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(values[0].getParentBlock());
          scf::ConditionOp::create(b, b.compare(arith::CmpIPredicate::ne, values[0], b.i32(0)), values);
        },
        [&](OpBuilder &, Location, ValueRange values) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(values[0].getParentBlock());
          Value lowest = math::CountTrailingZerosOp::create(b, values[0]);
          SmallVector<Value> next{arith::AndIOp::create(b, values[0], b.sub(values[0], b.i32(1)))};
          llvm::append_range(next, body(b.add(token, b.toIndex(lowest)), values.drop_front()));
          scf::YieldOp::create(b, next);
        });
    return SmallVector<Value>(loop.getResults().drop_front());
  });
  return b.forLoop(whole, end, 1, state, [&](Value token, ValueRange inner) {
    Value near = b.compare(arith::CmpIPredicate::ule, loadDistance(b, distances, token), limit);
    auto branch = scf::IfOp::create(b, inner.getTypes(), near, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(b, body(token, inner));
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, inner);
    return SmallVector<Value>(branch.getResults());
  });
}

//===--- histogram ------------------------------------------------------------------------------------------------------===//

/// What the histogram's users need of it: only bins up to the one where the count reaches this, if a threshold alone reads it.
static std::optional<int64_t> getNeed(KernelBuilder &b, HistogramOp op) {
  std::optional<int64_t> need;
  for (Operation *user : op->getUsers()) {
    auto threshold = dyn_cast<ThresholdOp>(user);
    if (!threshold)
      return std::nullopt;
    need = std::max<int64_t>(need.value_or(0), threshold.getNeed());
  }
  return need;
}

/// Lowers (threshold, count) while the bins below the threshold alone hold `need`.
static SmallVector<Value> lowerBound(KernelBuilder &b, const Row &bins, int64_t need, ValueRange state) {
  auto fewer = [&](ValueRange values) { return b.sub(values[1], b.load(bins, {b.toIndex(values[0])})); };
  auto loop = scf::WhileOp::create(
      b, state.getTypes(), state,
      [&](OpBuilder &, Location, ValueRange values) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToEnd(values[0].getParentBlock());
        Value above = b.compare(arith::CmpIPredicate::sgt, values[0], b.i32(0));
        Value enough = b.compare(arith::CmpIPredicate::sge, fewer(values), b.i32(need));
        scf::ConditionOp::create(b, arith::AndIOp::create(b, above, enough), values);
      },
      [&](OpBuilder &, Location, ValueRange values) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToEnd(values[0].getParentBlock());
        scf::YieldOp::create(b, ValueRange{b.sub(values[0], b.i32(1)), fewer(values)});
      });
  return SmallVector<Value>(loop.getResults());
}

/// Counts [begin, end). Where only a threshold of `need` reads the bins, tokens farther than the k-th nearest so far
/// cannot change it and are passed over, a vector at a time.
static void countTokens(KernelBuilder &b, const Row &bins, const Row &distances, Value begin, Value end, int64_t binCount,
                        std::optional<int64_t> need) {
  // A budget that forced tokens fill has no threshold to find.
  if (need && *need == 0)
    return;
  Value first = need ? b.minIndex(end, b.add(begin, b.index(firstBlock))) : end;
  b.forLoop(begin, first, 1, [&](Value token) { count(b, bins, loadDistance(b, distances, token)); });
  if (!need)
    return;
  // An empty range may end before it begins.
  Value counted = arith::MaxSIOp::create(b, b.toI32(b.sub(first, begin)), b.i32(0));
  SmallVector<Value> state = lowerBound(b, bins, *need, {b.i32(binCount - 1), counted});
  b.forLoop(first, end, nextBlock, state, [&](Value block, ValueRange carried) {
    Value blockEnd = b.minIndex(end, b.add(block, b.index(nextBlock)));
    Value total = forNear(b, distances, block, blockEnd, carried[0], carried[1], [&](Value token, ValueRange counted) {
      count(b, bins, loadDistance(b, distances, token));
      return SmallVector<Value>{b.add(counted[0], b.i32(1))};
    })[0];
    return lowerBound(b, bins, *need, {carried[0], total});
  });
}

/// The positions that are not forced: [sink, visible - recent).
static std::pair<Value, Value> getFreeRange(KernelBuilder &b, Value visible, int64_t sink, int64_t recent) {
  return {b.index(sink), b.sub(visible, b.index(recent))};
}

/// A loop that moves `start` while `condition` holds.
static Value moveWhile(KernelBuilder &b, Value start, int64_t step, function_ref<Value(Value)> condition) {
  auto loop = scf::WhileOp::create(
      b, start.getType(), start,
      [&](OpBuilder &, Location, ValueRange values) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToEnd(values[0].getParentBlock());
        scf::ConditionOp::create(b, condition(values[0]), values);
      },
      [&](OpBuilder &, Location, ValueRange values) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToEnd(values[0].getParentBlock());
        scf::YieldOp::create(b, ValueRange{b.add(values[0], b.index(step))});
      });
  return loop.getResult(0);
}

/// The slots of a candidate list whose positions are in [low, high): the list ascends and its padding comes last, so they are
/// one range.
static std::pair<Value, Value> getFreeSlots(KernelBuilder &b, Value candidates, Value row, Value low, Value high) {
  Row list = b.getRow(candidates, row);
  Value slots = b.index(cast<ShapedType>(candidates.getType()).getShape().back());
  auto inRange = [&](Value slot, Value first, Value last) {
    return arith::AndIOp::create(b, b.compare(arith::CmpIPredicate::sge, slot, first),
                                 b.compare(arith::CmpIPredicate::slt, slot, last));
  };
  // Memory is read only where the first test allows it.
  auto readsAs = [&](Value allowed, Value slot, function_ref<Value(Value)> test) -> Value {
    auto branch = scf::IfOp::create(b, b.getI1Type(), allowed, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(b, test(b.toIndex(b.load(list, {slot}))));
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, Value(arith::ConstantIntOp::create(b, 0, 1)));
    return branch.getResult(0);
  };
  Value begin = moveWhile(b, b.index(0), 1, [&](Value slot) {
    return readsAs(b.compare(arith::CmpIPredicate::slt, slot, slots), slot,
                   [&](Value position) { return inRange(position, b.index(0), low); });
  });
  Value end = moveWhile(b, slots, -1, [&](Value slot) {
    Value last = b.sub(slot, b.index(1));
    return readsAs(b.compare(arith::CmpIPredicate::sgt, slot, begin), last, [&](Value position) {
      Value padded = b.compare(arith::CmpIPredicate::slt, position, b.index(0));
      return arith::OrIOp::create(b, padded, b.compare(arith::CmpIPredicate::sge, position, high));
    });
  });
  return {begin, end};
}

/// Sets `bins` counts to 0, whole vectors first.
static void clear(KernelBuilder &b, const Row &counts, int64_t bins) {
  int64_t lanes = b.cpu.getLanes(), whole = bins / lanes * lanes;
  Value zeros = b.splatI32(0, lanes);
  b.forLoop(b.index(0), b.index(whole), lanes, [&](Value bin) { b.storeVector(zeros, counts, {bin}); });
  b.forLoop(b.index(whole), b.index(bins), 1, [&](Value bin) { b.store(b.i32(0), counts, {bin}); });
}

LogicalResult mlir::adamas::emitHistogram(KernelBuilder &b, HistogramOp op) {
  if (!op.getSeqLens())
    return op.emitOpError() << "expects 'seq_lens' on this target, but got none";
  Value distances = op.getDistances(), result = op.getResult();
  int64_t bins = op.getBins();
  b.allocate(result, b.getI32Type(), {b.getIndexAttr(bins)});
  b.forRows(b.countRows(distances), [&](Value row) {
    Row counts = b.getRow(result, row), source = b.getRow(distances, row);
    clear(b, counts, bins);
    Value visible = b.getVisible(distances, row, op.getSeqLens());
    auto [low, high] = getFreeRange(b, visible, op.getSink(), op.getRecent());
    if (Value candidates = op.getCandidates()) {
      auto [begin, end] = getFreeSlots(b, candidates, row, low, high);
      return countTokens(b, counts, source, begin, end, bins, getNeed(b, op));
    }
    auto [begin, end] = b.getPartRange(op.getParts(), visible);
    countTokens(b, counts, source, b.maxIndex(begin, low), b.minIndex(end, high), bins, getNeed(b, op));
  });
  return success();
}

//===--- threshold ------------------------------------------------------------------------------------------------------===//

LogicalResult mlir::adamas::emitThreshold(KernelBuilder &b, ThresholdOp op) {
  Value histogram = op.getHistogram();
  auto shape = op.getHistogram().getType().getShape();
  int64_t bins = shape.back(), ways = shape[shape.size() - 2], need = op.getNeed();
  b.allocate(op.getThreshold(), b.getI32Type(), {});
  b.allocate(op.getSkip(), b.getI32Type(), {});
  b.forRows(b.countRows(histogram), [&](Value row) {
    auto countAt = [&](Value bin) {
      if (ways == 1)
        return b.load(b.getRow(histogram, row, b.index(0)), {bin});
      return b.forLoop(b.index(0), b.index(ways), 1, b.i32(0), [&](Value part, ValueRange sum) {
        return SmallVector<Value>{b.add(sum[0], b.load(b.getRow(histogram, row, part), {bin}))};
      })[0];
    };
    // Whole vectors of bins that do not fill the need are passed over at once.
    Value last = b.i32(bins - 1), zero = b.i32(0);
    int64_t lanes = b.cpu.getLanes();
    auto countVector = [&](Value bin) {
      auto sumOf = [&](Value part) -> Value {
        Value counts = b.loadVector(b.getI32Type(), lanes, b.getRow(histogram, row, part), {bin});
        return vector::ReductionOp::create(b, vector::CombiningKind::ADD, counts);
      };
      if (ways == 1)
        return sumOf(b.index(0));
      return b.forLoop(b.index(0), b.index(ways), 1, zero, [&](Value part, ValueRange sum) {
        return SmallVector<Value>{b.add(sum[0], sumOf(part))};
      })[0];
    };
    // The last vector is left to the bins one by one, so that one of them is always at hand.
    Value wholeVectors = b.index((bins - 1) / lanes * lanes);
    auto passed = scf::WhileOp::create(
        b, TypeRange{b.getIndexType(), b.getI32Type()}, ValueRange{b.index(0), zero},
        [&](OpBuilder &, Location, ValueRange values) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(values[0].getParentBlock());
          Value inside = b.compare(arith::CmpIPredicate::slt, values[0], wholeVectors);
          auto branch = scf::IfOp::create(b, TypeRange{b.getI1Type(), b.getI32Type()}, inside, /*withElseRegion=*/true);
          {
            OpBuilder::InsertionGuard inner(b);
            b.setInsertionPointToStart(branch.thenBlock());
            Value total = b.add(values[1], countVector(values[0]));
            scf::YieldOp::create(b, ValueRange{b.compare(arith::CmpIPredicate::slt, total, b.i32(need)), total});
            b.setInsertionPointToStart(branch.elseBlock());
            scf::YieldOp::create(b, ValueRange{arith::ConstantIntOp::create(b, 0, 1), values[1]});
          }
          // What the loop ends with are the bins before the vector that fills the need, and their count.
          Value bin = arith::SelectOp::create(b, branch.getResult(0), b.add(values[0], b.index(lanes)), values[0]);
          Value count = arith::SelectOp::create(b, branch.getResult(0), branch.getResult(1), values[1]);
          scf::ConditionOp::create(b, branch.getResult(0), ValueRange{bin, count});
        },
        [&](OpBuilder &, Location, ValueRange values) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(values[0].getParentBlock());
          scf::YieldOp::create(b, values);
        });
    // (bin, tokens nearer than it, tokens at it)
    SmallVector<Value> initial{b.toI32(passed.getResult(0)), passed.getResult(1), countAt(passed.getResult(0))};
    auto loop = scf::WhileOp::create(
        b, ValueRange(initial).getTypes(), initial,
        [&](OpBuilder &, Location, ValueRange values) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(values[0].getParentBlock());
          Value more = b.compare(arith::CmpIPredicate::slt, b.add(values[1], values[2]), b.i32(need));
          Value left = b.compare(arith::CmpIPredicate::slt, values[0], last);
          scf::ConditionOp::create(b, arith::AndIOp::create(b, more, left), values);
        },
        [&](OpBuilder &, Location, ValueRange values) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(values[0].getParentBlock());
          Value next = b.add(values[0], b.i32(1));
          scf::YieldOp::create(b, ValueRange{next, b.add(values[1], values[2]), countAt(b.toIndex(next))});
        });
    Value threshold = need ? Value(loop.getResult(0)) : b.i32(-1);
    b.store(threshold, b.getRow(op.getThreshold(), row), {});
    // Of the ties, what exceeds the need is left out, the oldest parts first.
    Value excess = b.sub(b.add(loop.getResult(1), loop.getResult(2)), b.i32(need));
    excess = need ? arith::MaxSIOp::create(b, excess, zero).getResult() : zero;
    b.forLoop(b.index(0), b.index(ways), 1, excess, [&](Value part, ValueRange left) {
      Value here = zero;
      if (need)
        here = b.load(b.getRow(histogram, row, part), {b.toIndex(threshold)});
      Value skip = arith::MinSIOp::create(b, left[0], here);
      b.store(skip, b.getRow(op.getSkip(), row, part), {});
      return SmallVector<Value>{b.sub(left[0], skip)};
    });
  });
  return success();
}

//===--- compact and join -----------------------------------------------------------------------------------------------===//

namespace {
/// A list of at most `capacity` positions that is being written.
struct ListWriter {
  KernelBuilder &b;
  Row list;
  int64_t capacity;

  /// Appends `position` where `wanted`; returns the new count. A full list drops it, whatever a caller's threshold says.
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
      std::tie(from, to) = getFreeSlots(b, candidates, row, low, high);
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
