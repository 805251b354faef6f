// adamas.threshold and adamas.compact for GPUs: a CTA selects from one part of a row.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"

using namespace mlir;
using namespace mlir::adamas;

LogicalResult mlir::adamas::emitThreshold(ThreadBuilder &b, ThresholdOp op) {
  auto shape = op.getHistogram().getType().getShape();
  int64_t bins = shape.back(), ways = shape[shape.size() - 2], need = op.getNeed();
  if (b.isGlobal(op.getThreshold()) || b.isGlobal(op.getSkip()))
    return op.emitOpError() << "is lowered to GPUs only where its users follow in the same kernel";
  if (need == 0) {
    b.scalars[op.getThreshold()] = b.i32(-1);
    b.scalars[op.getSkip()] = b.i32(0);
    return success();
  }
  SmallVector<Value> parts;
  for (int64_t part = 0; part < ways; ++part)
    parts.push_back(b.rowView(op.getHistogram(), b.i32(part)).pointer);
  auto countAt = [&](Value bin) {
    Value total = b.loadI32(parts[0], bin);
    for (Value part : llvm::drop_begin(parts))
      total = b.add(total, b.loadI32(part, bin));
    return total;
  };
  // Each thread sums its own bins, which follow each other; the one whose bins the need falls into finds it.
  int64_t each = (bins + b.threads() - 1) / b.threads();
  Value first = b.mul(b.thread, b.i32(each)), end = b.minOf(b.add(first, b.i32(each)), b.i32(bins));
  Value mine = b.forLoop(first, end, b.i32(1), b.i32(0), [&](Value bin, ValueRange total) {
    return SmallVector<Value>{b.add(total[0], countAt(bin))};
  })[0];
  Value found = b.allocateShared(2 * 4); // the threshold, and ties beyond the need
  Value before, total;
  std::tie(before, total) = b.ctaPrefix(mine);
  // Too few tokens: all of them are nearer than the last bin or at it.
  b.ifThen(b.andOf(b.equal(b.thread, b.i32(0)), b.lessThan(total, b.i32(need))), [&] {
    b.storeI32(b.i32(bins - 1), found, b.i32(0));
    b.storeI32(b.i32(0), found, b.i32(1));
  });
  Value here = b.andOf(b.lessThan(before, b.i32(need)), b.atLeast(b.add(before, mine), b.i32(need)));
  b.ifThen(here, [&] {
    SmallVector<Value> state = b.whileLoop(
        {first, b.add(before, countAt(first))}, [&](ValueRange s) { return b.lessThan(s[1], b.i32(need)); },
        [&](ValueRange s) {
          Value next = b.add(s[0], b.i32(1));
          return SmallVector<Value>{next, b.add(s[1], countAt(next))};
        });
    b.storeI32(state[0], found, b.i32(0));
    b.storeI32(b.sub(state[1], b.i32(need)), found, b.i32(1));
  });
  b.barrier();
  Value threshold = b.loadI32(found, b.i32(0)), left = b.loadI32(found, b.i32(1));
  // Of the ties what exceeds the need is left out, the oldest parts first.
  Value skip = b.minOf(left, b.loadI32(parts[0], threshold));
  for (int64_t part = 1; part < ways; ++part) {
    Value ties = b.loadI32(parts[part - 1], threshold);
    left = b.maxOf(b.sub(left, ties), b.i32(0));
    Value ofPart = b.minOf(left, b.loadI32(parts[part], threshold));
    skip = b.select(b.equal(b.part, b.i32(part)), ofPart, skip);
  }
  b.scalars[op.getThreshold()] = threshold;
  b.scalars[op.getSkip()] = skip;
  return success();
}

namespace {
/// Eight distances of consecutive tokens or slots, from one load of 16 bytes where they are stored in 16 bits.
class DistanceRow {
public:
  DistanceRow(ThreadBuilder &b, Value distances)
      : b(b), row(b.rowView(distances)),
        // Our own rows are padded; a caller's may start and end anywhere.
        wide(row.element.isInteger(16) && getYieldedValue(distances).getDefiningOp<DistanceOpInterface>()) {}

  /// `first` is a multiple of 8; slots from `end` on are not touched unless rows are padded.
  SmallVector<Value> load(Value first, Value end) {
    SmallVector<Value> values;
    if (!wide) {
      for (int64_t i = 0; i < 8; ++i) {
        Value slot = b.maxOf(b.minOf(b.add(first, b.i32(i)), b.sub(end, b.i32(1))), b.i32(0));
        values.push_back(loadDistance(b, row.pointer, row.element, slot));
      }
      return values;
    }
    Value chunk = b.load(VectorType::get({4}, b.getI32Type()), b.offset(row.pointer, row.element, first), 16);
    for (int64_t i = 0; i < 4; ++i) {
      Value word = LLVM::ExtractElementOp::create(b, chunk, b.i32(i));
      values.push_back(b.andOf(word, b.i32(0xffff)));
      values.push_back(b.shiftRight(word, 16));
    }
    return values;
  }

private:
  ThreadBuilder &b;
  RowView row;
  bool wide;
};

class Compaction {
public:
  Compaction(ThreadBuilder &b, CompactOp op)
      : b(b), op(op), distances(b, op.getDistances()), threshold(b.scalars.lookup(op.getThreshold())),
        skip(b.scalars.lookup(op.getSkip())) {}

  LogicalResult emit() {
    if (!op.getSeqLens())
      return op.emitOpError() << "expects 'seq_lens' on this target, but got none";
    if (!threshold || !skip)
      return op.emitOpError() << "expects its threshold to be made in the same kernel on this target";
    allocate();
    findRange();
    // Two sweeps, the first to know what the warps before this one select. Each warp has steps that follow each other;
    // of the first few it remembers in registers what it saw, loads of all of them on their way at once.
    Value steps = b.ceilDiv(b.sub(end, aligned), stepTokens);
    Value each = b.ceilDiv(steps, b.warps());
    Value firstStep = b.mul(b.warp, each), lastStep = b.minOf(b.add(firstStep, each), steps);
    auto startOf = [&](Value step) { return b.add(aligned, b.mul(step, b.i32(stepTokens))); };
    Value from = startOf(firstStep), to = b.minOf(startOf(lastStep), end), stride = b.i32(stepTokens);
    SmallVector<Step> remembered;
    SmallVector<Value> counts{b.i32(0), b.i32(0)};
    auto count = [&](const Step &step, ValueRange sums) {
      return SmallVector<Value>{b.add(sums[0], b.popcount(step.nearer)), b.add(sums[1], b.popcount(step.ties))};
    };
    for (int64_t i = 0; i < rememberedSteps; ++i) {
      remembered.push_back(classify(b.add(from, b.i32(i * stepTokens)), to));
      counts = count(remembered.back(), counts);
    }
    Value rest = b.add(from, b.i32(rememberedSteps * stepTokens));
    counts = b.forLoop(rest, to, stride, counts,
                       [&](Value start, ValueRange sums) { return count(classify(start, to), sums); });
    auto [nearerBefore, nearerTotal] = warpsBefore(counts[0]);
    auto [tiesBefore, tiesTotal] = warpsBefore(counts[1]);
    SmallVector<Value> before{nearerBefore, tiesBefore};
    for (int64_t i = 0; i < rememberedSteps; ++i)
      before = select(b.add(from, b.i32(i * stepTokens)), remembered[i], before);
    b.forLoop(rest, to, stride, before,
              [&](Value start, ValueRange carried) { return select(start, classify(start, to), carried); });
    Value taken = b.add(nearerTotal, b.maxOf(b.sub(tiesTotal, skip), b.i32(0)));
    finish(taken);
    return success();
  }

private:
  static constexpr int64_t stepTokens = 8 * 32, rememberedSteps = 4;

  /// Of a lane's eight tokens of a step, a bit each: which are nearer than the threshold, and which at it.
  struct Step {
    Value nearer, ties;
  };

  Value toInteger(Value truth) { return arith::ExtUIOp::create(b, b.getI32Type(), truth); }

  void allocate() {
    list = b.allocateRow(op.getIndices(), b.getI32Type(), op.getBudget()).pointer;
    b.lists[op.getIndices()] = {list, Value()};
  }

  /// What is forced, and what is free: of tokens, or of slots of the candidate list.
  void findRange() {
    Value d = op.getDistances();
    Value capacity = b.i32(INT32_MAX);
    if (auto distance = getYieldedValue(d).getDefiningOp<DistanceOpInterface>())
      capacity = b.global(distance.getKeyCodes()).capacity;
    else if (b.isGlobal(d) && !op.getCandidates())
      capacity = b.toI32(b.global(d).sizes.back());
    Value visible = b.visibleToRow(d, op.getSeqLens(), capacity);
    Value partBegin, partEnd;
    std::tie(partBegin, partEnd) = b.partRange(op.getParts(), visible);
    std::tie(low, high) = b.freeRange(visible, op.getSink(), op.getRecent());
    forcedLow = b.maxOf(b.sub(b.minOf(low, partEnd), partBegin), b.i32(0));
    forcedHighFrom = b.maxOf(high, partBegin);
    forcedHigh = b.maxOf(b.sub(partEnd, forcedHighFrom), b.i32(0));
    forcedFrom = partBegin;
    if (op.getCandidates()) {
      candidates = b.listPointer(op.getCandidates());
      begin = aligned = b.i32(0);
      end = b.i32(op.getCandidates().getType().getShape().back());
      return;
    }
    begin = b.maxOf(partBegin, low);
    end = b.maxOf(b.minOf(partEnd, high), begin);
    aligned = b.andOf(begin, b.i32(~7));
  }

  Value firstOf(Value start) { return b.add(start, b.mul(b.lane, b.i32(8))); }
  Value positionOf(Value slot) {
    Value last = b.maxOf(b.sub(end, b.i32(1)), b.i32(0));
    return candidates ? b.loadI32(candidates, b.minOf(slot, last)) : slot;
  }

  /// Looks at the step from `start` on, tokens before `to` only.
  Step classify(Value start, Value to) {
    Value first = firstOf(start);
    // Lanes beyond the end look at its last eight, and count none of them.
    Value inside = b.maxOf(b.minOf(first, b.andOf(b.sub(end, b.i32(1)), b.i32(~7))), b.i32(0));
    Step step{b.i32(0), b.i32(0)};
    for (auto [i, distance] : llvm::enumerate(distances.load(inside, end))) {
      Value slot = b.add(first, b.i32(i)), free = b.lessThan(slot, to);
      if (candidates) {
        Value position = positionOf(slot);
        free = b.andOf(free, b.andOf(b.atLeast(position, low), b.lessThan(position, high)));
      } else {
        free = b.andOf(free, b.atLeast(slot, begin));
      }
      Value nearer = b.andOf(free, b.lessThan(distance, threshold));
      Value tie = b.andOf(free, b.equal(distance, threshold));
      step.nearer = b.orOf(step.nearer, b.shiftLeft(toInteger(nearer), i));
      step.ties = b.orOf(step.ties, b.shiftLeft(toInteger(tie), i));
    }
    return step;
  }

  std::pair<Value, Value> warpsBefore(Value ofLane) {
    Value ofWarp = b.warpSum(ofLane);
    Value before, total;
    std::tie(before, total) = b.ctaPrefix(b.select(b.equal(b.lane, b.i32(0)), ofWarp, b.i32(0)));
    // Lanes after the first have their own warp's count before them.
    return {b.shuffleFrom(before, b.i32(0)), total};
  }

  /// Lists what is selected of a step; `carried` counts nearer tokens and ties before it.
  SmallVector<Value> select(Value start, const Step &step, ValueRange carried) {
    // Nearer ones, and ties from bit 16 on: at most 256 of each in a warp.
    Value count = b.add(b.popcount(step.nearer), b.shiftLeft(b.popcount(step.ties), 16));
    Value none = b.i32(0);
    Value any = b.compare(arith::CmpIPredicate::ne, b.ballot(b.compare(arith::CmpIPredicate::ne, count, none)), none);
    return b.ifElse(any, carried, [&] {
      auto [before, total] = b.warpPrefix(count);
      Value nearer = b.add(carried[0], b.andOf(before, b.i32(0xffff)));
      Value ties = b.add(carried[1], b.shiftRight(before, 16));
      // Unrolled: a loop over the bits that are set is less code, but took a microsecond longer.
      for (int64_t i = 0; i < 8; ++i) {
        Value isNearer = b.andOf(b.shiftRight(step.nearer, i), b.i32(1));
        Value isTie = b.andOf(b.shiftRight(step.ties, i), b.i32(1));
        Value place = b.add(b.add(forcedLow, nearer), b.maxOf(b.sub(ties, skip), none));
        Value taken = b.orOf(isNearer, b.andOf(isTie, toInteger(b.atLeast(ties, skip))));
        taken = b.andOf(b.compare(arith::CmpIPredicate::ne, taken, none), b.lessThan(place, b.i32(op.getBudget())));
        b.ifThen(taken, [&] { b.storeI32(positionOf(b.add(firstOf(start), b.i32(i))), list, place); });
        nearer = b.add(nearer, isNearer);
        ties = b.add(ties, isTie);
      }
      return SmallVector<Value>{b.add(carried[0], b.andOf(total, b.i32(0xffff))),
                                b.add(carried[1], b.shiftRight(total, 16))};
    });
  }

  /// Forced tokens, the list's length, and where somebody else reads the list its padding.
  void finish(Value taken) {
    Value budget = b.i32(op.getBudget());
    b.forThreads(b.minOf(forcedLow, budget), [&](Value i) { b.storeI32(b.add(forcedFrom, i), list, i); });
    Value after = b.add(forcedLow, taken);
    b.forThreads(b.minOf(forcedHigh, b.maxOf(b.sub(budget, after), b.i32(0))),
                 [&](Value i) { b.storeI32(b.add(forcedHighFrom, i), list, b.add(after, i)); });
    Value length = b.minOf(b.add(after, forcedHigh), budget);
    // A whole list may be a candidate list, whose padding is read.
    bool whole = op.getLengths().getType().getShape().back() == 1;
    if (b.isGlobal(op.getIndices()) || whole)
      b.forThreads(b.sub(budget, length), [&](Value i) { b.storeI32(b.i32(-1), list, b.add(length, i)); });
    if (b.isGlobal(op.getLengths()))
      b.ifThen(b.equal(b.thread, b.i32(0)), [&] { b.store(length, b.rowAddress(op.getLengths(), b.row, {})); });
    b.scalars[op.getLengths()] = length;
    b.lists[op.getIndices()].length = length;
    b.barrier();
  }

  ThreadBuilder &b;
  CompactOp op;
  DistanceRow distances;
  Value threshold, skip, list, candidates;
  Value low, high, forcedLow, forcedFrom, forcedHigh, forcedHighFrom, begin, end, aligned;
};
} // namespace

LogicalResult mlir::adamas::emitCompact(ThreadBuilder &b, CompactOp op) { return Compaction(b, op).emit(); }
