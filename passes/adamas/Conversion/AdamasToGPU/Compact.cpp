// adamas.compact for GPUs: a CTA lists what is selected of one part of a row.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::adamas;

namespace {
/// Of consecutive tokens or slots, a bit each: which are nearer than the threshold, and which at it.
struct Classes {
  Value nearer, ties;
};

/// Distances of a row, classified eight at a time.
class DistanceRow {
public:
  DistanceRow(ThreadBuilder &b, Value distances)
      : b(b), row(b.rowView(distances)),
        // Our own rows are padded; a caller's may start and end anywhere.
        wide(!row.element.isInteger(32) && getYieldedValue(distances).getDefiningOp<DistanceOpInterface>()) {
    if (!wide)
      return;
    bound = farthest = getYieldedValue(distances).getDefiningOp<DistanceOpInterface>().getBound();
    if (row.element.isInteger(8))
      farthest = std::min<int64_t>(bound, UINT8_MAX);
  }

  /// Whether eight are one load.
  bool isWide() const { return wide; }
  /// Whether what is kept may be less than what was measured.
  bool saturates() const { return farthest < bound; }
  int64_t getBound() const { return bound; }

  /// What `classify` takes, for slots from `first` on, a multiple of 8; slots from `end` on are not touched unless rows
  /// are padded.
  SmallVector<Value> load(Value first, Value end) {
    auto four = VectorType::get({4}, b.getI32Type());
    if (wide && row.element.isInteger(8)) {
      // Two distances a word, as 16 bits have them.
      Value bytes = b.load(VectorType::get({2}, b.getI32Type()), b.offset(row.pointer, row.element, first), 8);
      Value pairs = LLVM::PoisonOp::create(b, four);
      for (int64_t i = 0; i < 4; ++i) {
        Value word = LLVM::ExtractElementOp::create(b, bytes, b.i32(i / 2));
        Value pair = NVVM::PermuteOp::create(b, b.getI32Type(), word, b.i32(0), b.i32(i % 2 ? 0x4342 : 0x4140),
                                             NVVM::PermuteMode::DEFAULT);
        pairs = LLVM::InsertElementOp::create(b, pairs, pair, b.i32(i));
      }
      return {pairs};
    }
    if (wide)
      return {b.load(four, b.offset(row.pointer, row.element, first), 16)};
    SmallVector<Value> values;
    for (int64_t i = 0; i < 8; ++i) {
      Value slot = b.maxOf(b.minOf(b.add(first, b.i32(i)), b.sub(end, b.i32(1))), b.i32(0));
      values.push_back(loadDistance(b, row.pointer, row.element, slot));
    }
    return values;
  }

  Classes classify(ArrayRef<Value> loaded, Value threshold) {
    if (wide)
      return classifyPairs(loaded[0], threshold);
    Classes classes{b.i32(0), b.i32(0)};
    for (auto [i, distance] : llvm::enumerate(loaded)) {
      Value nearer = arith::ExtUIOp::create(b, b.getI32Type(), b.lessThan(distance, threshold));
      Value tie = arith::ExtUIOp::create(b, b.getI32Type(), b.equal(distance, threshold));
      classes.nearer = b.orOf(classes.nearer, b.shiftLeft(nearer, i));
      classes.ties = b.orOf(classes.ties, b.shiftLeft(tie, i));
    }
    return classes;
  }

private:
  /// Two distances a word, compared at once: both are below 2^15, so (2^15 + distance) - threshold has bit 15 set where
  /// the distance is not the smaller one, and borrows nothing from the pair's other half.
  Classes classifyPairs(Value chunk, Value threshold) {
    Value high = b.i32(int32_t(0x80008000)), reached = b.minOf(threshold, b.i32(farthest + 1));
    Value both = b.mul(reached, b.i32(0x00010001));
    Value nearer, ties;
    for (int64_t i = 0; i < 4; ++i) {
      Value word = LLVM::ExtractElementOp::create(b, chunk, b.i32(i));
      Value notNearer = b.sub(b.orOf(word, high), both), farther = b.sub(notNearer, b.i32(0x00010001));
      Value near = b.andOf(b.xorOf(notNearer, b.i32(-1)), high);
      Value tie = b.andOf(b.andOf(notNearer, b.xorOf(farther, b.i32(-1))), high);
      // Bits 15 and 31 go to bits 2 i and 2 i + 16.
      auto gather = [&](Value all, Value bits) {
        Value moved = b.shiftRight(bits, 15 - 2 * i);
        return all ? b.orOf(all, moved) : moved;
      };
      nearer = gather(nearer, near);
      ties = gather(ties, tie);
    }
    auto join = [&](Value bits) { return b.andOf(b.orOf(bits, b.shiftRight(bits, 15)), b.i32(0xff)); };
    return {join(nearer), join(ties)};
  }

  ThreadBuilder &b;
  RowView row;
  bool wide;
  int64_t bound = 0, farthest = 0; ///< of what was measured, and of what is kept
};

/// The distances of a part that are free to be selected, eight at a time.
class PartSweep {
protected:
  ThreadBuilder &b; // before what is made with it

  PartSweep(ThreadBuilder &b, Value distances) : b(b), distances(b, distances) {}

  /// What is forced of a part, and what is free: of tokens, or of slots of the candidate list.
  void findRange(Value d, Value seqLens, Value parts, Value list, int64_t sink, int64_t recent) {
    Value capacity = b.i32(INT32_MAX);
    if (auto distance = getYieldedValue(d).getDefiningOp<DistanceOpInterface>())
      capacity = b.global(distance.getKeyCodes()).capacity;
    else if (b.isGlobal(d) && !list)
      capacity = b.toI32(b.global(d).sizes.back());
    Value visible = b.visibleToRow(d, seqLens, capacity);
    std::tie(partBegin, partEnd) = b.partRange(parts, visible);
    std::tie(low, high) = b.freeRange(visible, sink, recent);
    if (list) {
      candidates = b.listPointer(list);
      begin = aligned = b.i32(0);
      end = b.countSlots(list);
      int64_t most = cast<ShapedType>(list.getType()).getShape().back(), step = 8 * b.threads();
      chunks = std::min(chunks, (most + step - 1) / step);
      isOnlyWindow = most <= windowSlots();
      firstFree = b.maxOf(low, partBegin);
      endFree = b.minOf(high, partEnd);
      return;
    }
    begin = b.maxOf(partBegin, low);
    end = b.maxOf(b.minOf(partEnd, high), begin);
    aligned = b.andOf(begin, b.i32(~7));
  }

  Value positionOf(Value slot) {
    Value last = b.maxOf(b.sub(end, b.i32(1)), b.i32(0));
    return candidates ? b.loadI32(candidates, b.minOf(slot, last)) : slot;
  }

  /// This thread's i-th eight of the window from `start` on, of all eights.
  Value chunkOf(int64_t i) { return b.add(b.thread, b.i32(i * b.threads())); }
  Value firstOf(Value start, int64_t i) { return b.add(start, b.shiftLeft(chunkOf(i), 3)); }

  /// Loads this thread's eights of the window from `start` on, all at once.
  SmallVector<Value> loadWindow(Value start) {
    SmallVector<Value> loaded;
    for (int64_t i = 0; i < chunks; ++i) {
      // Threads beyond the end look at its last eight, and count none of them.
      Value first = b.minOf(firstOf(start, i), b.andOf(b.sub(end, b.i32(1)), b.i32(~7)));
      loaded.append(distances.load(b.maxOf(first, b.i32(0)), end));
    }
    return loaded;
  }

  /// Runs `body` for every one of them.
  void forChunks(Value start, ArrayRef<Value> loaded,
                 function_ref<void(Value chunk, Value first, ArrayRef<Value> loaded)> body) {
    size_t each = loaded.size() / chunks;
    for (int64_t i = 0; i < chunks; ++i)
      body(chunkOf(i), firstOf(start, i), loaded.slice(i * each, each));
  }

  /// Which of eight slots from `first` on are free to be selected.
  Value freeBits(Value first) {
    Value last = b.maxOf(b.minOf(b.sub(end, first), b.i32(8)), b.i32(0)), one = b.i32(1);
    Value bits = b.sub(arith::ShLIOp::create(b, one, last), one);
    if (!candidates) {
      Value tooEarly = b.minOf(b.maxOf(b.sub(begin, first), b.i32(0)), b.i32(8));
      return b.andOf(bits, arith::ShLIOp::create(b, b.i32(-1), tooEarly));
    }
    Value lastPosition = positionOf(b.add(first, b.i32(7)));
    return b.ifElse(isAnyOutside(b, positionOf(first), lastPosition, firstFree, endFree), bits, [&] {
      Value left = bits;
      for (int64_t i = 0; i < 8; ++i) {
        Value position = positionOf(b.add(first, b.i32(i)));
        Value taken = b.orOf(b.lessThan(position, firstFree), b.atLeast(position, endFree));
        left = b.select(taken, b.andOf(left, b.i32(~(1 << i))), left);
      }
      return SmallVector<Value>{left};
    })[0];
  }

  // Eights of slots that a thread looks at: as many loads are on their way at once.
  int64_t chunks = b.schedule.getWindow(); ///< fewer where a list is short
  int64_t windowSlots() { return chunks * 8 * b.threads(); }

  DistanceRow distances;
  Value candidates, partBegin, partEnd, low, high, begin, end, aligned;
  bool isOnlyWindow = false; ///< whether no slot lies beyond the first window
  Value firstFree, endFree;  ///< positions that may be selected, where `begin` and `end` are slots
};

/// Lists the selected tokens of a part, in ascending order. A window of tokens at a time: a thread knows from a prefix
/// sum where its own go, and writes those that are selected, which are few. Its own are the eight neighbours that it
/// loaded; where a window has more, what each of them is goes to shared memory as two bits, spread over the threads as
/// loads like it, and a thread takes 32 neighbours.
class Compaction : PartSweep, public Prepared {
public:
  Compaction(ThreadBuilder &b, CompactOp op) : PartSweep(b, op.getDistances()), op(op) {}

  /// The first window's distances travel while the threshold is found.
  void prepare() {
    if (!distances.isWide())
      return;
    findForced();
    firstWindow = loadWindow(aligned);
  }

  LogicalResult emit() {
    if (!op.getSeqLens())
      return op.emitOpError() << "expects 'seq_lens' on this target, but got none";
    threshold = b.scalars.lookup(op.getThreshold());
    skip = b.scalars.lookup(op.getSkip());
    if (!threshold || !skip)
      return op.emitOpError() << "expects its threshold to be made in the same kernel on this target";
    allocate();
    if (firstWindow.empty())
      findForced();
    APInt constant;
    if (matchPattern(threshold, m_ConstantInt(&constant)) && constant.isAllOnes()) {
      finish(b.i32(0)); // nothing but forced tokens
      return success();
    }
    if (distances.saturates())
      reachThreshold();
    if (chunks > 1) {
      nearerBits = b.allocateShared(windowSlots() / 8);
      tieBits = b.allocateShared(windowSlots() / 8);
    }
    SmallVector<Value> carried{b.i32(0), b.i32(0)}, totals;
    carried.append(firstWindow);
    if (isOnlyWindow)
      totals = window(aligned, carried, loadWindow(aligned));
    else
      totals = b.forLoop(aligned, end, b.i32(windowSlots()), carried, [&](Value start, ValueRange values) {
        SmallVector<Value> loaded(values.drop_front(2));
        SmallVector<Value> next = window(start, values.take_front(2), loaded.empty() ? loadWindow(start) : loaded);
        Value following = b.add(start, b.i32(windowSlots()));
        if (chunks == 1) // the prefix may still be read when the next one is made
          b.ifThen(b.lessThan(following, end), [&] { b.barrier(); });
        if (!loaded.empty()) // a window is rarely followed by another
          next.append(b.ifElse(b.lessThan(following, end), loaded, [&] { return loadWindow(following); }));
        return next;
      });
    finish(b.add(totals[0], b.maxOf(b.sub(totals[1], skip), b.i32(0))));
    return success();
  }

private:
  /// What saturated cannot be told apart: where the threshold is one of those, the part is measured once more, in
  /// numbers that have it in their middle. Where all tokens are taken there is nothing to tell.
  void reachThreshold() {
    Value all = b.andOf(b.atLeast(threshold, b.i32(distances.getBound())), b.equal(skip, b.i32(0)));
    Value beyond = b.andOf(b.atLeast(threshold, b.i32(UINT8_MAX)), b.xorOf(all, arith::ConstantIntOp::create(b, 1, 1)));
    SmallVector<Value> known{threshold};
    known.append(firstWindow);
    SmallVector<Value> reached = b.ifElse(beyond, known, [&] {
      constexpr int64_t middle = 128;
      remeasure(b, op.getDistances(), partBegin, partEnd, b.sub(threshold, b.i32(middle)));
      SmallVector<Value> moved{b.i32(middle)};
      if (!firstWindow.empty())
        moved.append(loadWindow(aligned));
      return moved;
    });
    threshold = reached[0];
    firstWindow.assign(reached.begin() + 1, reached.end());
  }

  /// Lists what is selected of the window from `start` on; `before` counts nearer tokens and ties before it.
  SmallVector<Value> window(Value start, ValueRange before, ArrayRef<Value> loaded) {
    if (chunks == 1) {
      Value first = firstOf(start, 0);
      Classes classes = distances.classify(loaded, threshold);
      Value free = freeBits(first);
      return listOwn(first, {b.andOf(classes.nearer, free), b.andOf(classes.ties, free)}, before);
    }
    forChunks(start, loaded, [&](Value chunk, Value first, ArrayRef<Value> loaded) {
      Classes classes = distances.classify(loaded, threshold);
      Value free = freeBits(first);
      auto store = [&](Value bits, Value target) {
        Value byte = arith::TruncIOp::create(b, b.getI8Type(), b.andOf(bits, free));
        b.store(byte, b.offset(target, b.getI8Type(), chunk));
      };
      store(classes.nearer, nearerBits);
      store(classes.ties, tieBits);
    });
    b.barrier();
    auto load = [&] { return SmallVector<Value>{b.loadI32(nearerBits, b.thread), b.loadI32(tieBits, b.thread)}; };
    // A short window has words for the first threads only.
    int64_t words = windowSlots() / 32;
    SmallVector<Value> bits =
        words >= b.threads() ? load() : b.ifElse(b.lessThan(b.thread, b.i32(words)), {b.i32(0), b.i32(0)}, load);
    return listOwn(b.add(start, b.shiftLeft(b.thread, 5)), {bits[0], bits[1]}, before);
  }

  /// Writes the selected ones of this thread's slots, from `first` on; threads have theirs in ascending order.
  SmallVector<Value> listOwn(Value first, Classes classes, ValueRange before) {
    // Both counts in one sum: a window has fewer than 2^16 tokens.
    auto [packed, total] = b.ctaPrefix(b.add(b.popcount(classes.nearer), b.shiftLeft(b.popcount(classes.ties), 16)));
    Value nearerBefore = b.add(before[0], b.andOf(packed, b.i32(0xffff)));
    Value tiesBefore = b.add(before[1], b.shiftRight(packed, 16));
    write(first, classes, nearerBefore, tiesBefore);
    return {b.add(before[0], b.andOf(total, b.i32(0xffff))), b.add(before[1], b.shiftRight(total, 16))};
  }

  void write(Value first, Classes classes, Value nearerBefore, Value tiesBefore) {
    Value base = b.add(forcedLow, nearerBefore), one = b.i32(1);
    b.whileLoop(
        b.orOf(classes.nearer, classes.ties),
        [&](ValueRange left) { return b.compare(arith::CmpIPredicate::ne, left[0], b.i32(0)); },
        [&](ValueRange left) {
          Value rest = b.andOf(left[0], b.sub(left[0], one)), bit = b.xorOf(left[0], rest), below = b.sub(bit, one);
          Value tie = b.add(tiesBefore, b.popcount(b.andOf(classes.ties, below)));
          Value place =
              b.add(b.add(base, b.popcount(b.andOf(classes.nearer, below))), b.maxOf(b.sub(tie, skip), b.i32(0)));
          Value isNearer = b.compare(arith::CmpIPredicate::ne, b.andOf(classes.nearer, bit), b.i32(0));
          Value taken = b.andOf(b.orOf(isNearer, b.atLeast(tie, skip)), b.lessThan(place, b.i32(op.getBudget())));
          b.ifThen(taken, [&] { b.storeI32(positionOf(b.add(first, b.popcount(below))), list, place); });
          return SmallVector<Value>{rest};
        });
  }

  void allocate() {
    list = b.allocateRow(op.getIndices(), b.getI32Type(), op.getBudget()).pointer;
    b.lists[op.getIndices()] = {list, Value()};
  }

  void findForced() {
    findRange(op.getDistances(), op.getSeqLens(), op.getParts(), op.getCandidates(), op.getSink(), op.getRecent());
    forcedLow = b.maxOf(b.sub(b.minOf(low, partEnd), partBegin), b.i32(0));
    forcedHighFrom = b.maxOf(high, partBegin);
    forcedHigh = b.maxOf(b.sub(partEnd, forcedHighFrom), b.i32(0));
    forcedFrom = partBegin;
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

  CompactOp op;
  SmallVector<Value> firstWindow;
  Value threshold, skip, list, nearerBits, tieBits, forcedLow, forcedFrom, forcedHigh, forcedHighFrom;
};
} // namespace

void mlir::adamas::prepareCompact(ThreadBuilder &b, CompactOp op) { b.lowering<Compaction>(op).prepare(); }

LogicalResult mlir::adamas::emitCompact(ThreadBuilder &b, CompactOp op) { return b.lowering<Compaction>(op).emit(); }
