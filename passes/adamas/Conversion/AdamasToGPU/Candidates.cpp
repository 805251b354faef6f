// Distances of candidates for GPUs, and the histograms of them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/KeyCodes.h"

using namespace mlir;
using namespace mlir::adamas;

namespace {
/// Measures tokens of a list or a range, two a thread, for row 0 of the query's side. Whole warps measure, as matrix
/// products ask.
class PairScan {
public:
  PairScan(ThreadBuilder &b, DistanceOpInterface op)
      : b(b), op(op), engine(DistanceEngine::create(b, op, queryRows(b, op))) {}

  int64_t perStep() { return 2 * b.threads(); }
  void prepare() { engine->prepare(); }

  struct Pair {
    std::array<Value, 2> slot, position;
    SmallVector<KeyWords> keys;
  };

  /// This thread's two of the slots from `step` on, their keys on the way if there are `any` (null: there are).
  Pair load(Value step, Value any, function_ref<Value(Value slot)> positionOf) {
    Pair pair;
    for (int64_t i = 0; i < 2; ++i) {
      pair.slot[i] = b.add(b.add(step, b.mul(b.warp, b.i32(64))), b.add(b.lane, b.i32(32 * i)));
      pair.position[i] = positionOf(pair.slot[i]);
    }
    if (!any) {
      pair.keys = loadKeys(pair);
      return pair;
    }
    SmallVector<KeyWords> zeros = zeroKeys(b, op, 2);
    pair.keys = unflatten(b.ifElse(any, flatten(zeros), [&] { return flatten(loadKeys(pair)); }), zeros);
    return pair;
  }

  void measure(const Pair &pair, function_ref<void(Value slot, Value position, Value distance)> use) {
    SmallVector<std::array<Value, 2>> distances = engine->measure({pair.keys[0], pair.keys[1]});
    for (int64_t i = 0; i < 2; ++i)
      use(pair.slot[i], pair.position[i], distances[0][i]);
  }

private:
  SmallVector<KeyWords> loadKeys(const Pair &pair) {
    GlobalView &codes = b.global(op.getKeyCodes());
    // Few of a line are wanted: what may be new takes the same way but for `nc`.
    bool fresh = bool(getWriter(op.getKeyCodes()));
    SmallVector<KeyWords> keys;
    for (Value position : pair.position) {
      Value inside = b.maxOf(b.minOf(position, b.sub(codes.capacity, b.i32(1))), b.i32(0));
      keys.push_back(loadKeyWords(b, op, codes.tokenAddress(b, b.batch, b.head, inside),
                                  fresh ? std::nullopt : std::optional(adamas_gpu::Cache::ReadOnly)));
    }
    return keys;
  }

  ThreadBuilder &b;
  DistanceOpInterface op;
  std::unique_ptr<DistanceEngine> engine;
};
} // namespace

LogicalResult mlir::adamas::emitCandidateDistance(ThreadBuilder &b, DistanceOpInterface op) {
  Value result = op->getResult(0), list = op.getCandidateList();
  // Padded, as eight are loaded at once.
  int64_t width = cast<ShapedType>(list.getType()).getShape().back(), most = llvm::alignTo(width, 8);
  RowView target = b.allocateRow(result, getDistanceStorageType(result), most);
  Value candidates = b.listPointer(list), slots = b.countSlots(list), last = b.sub(slots, b.i32(1));
  if (failed(b.needRows()))
    return failure();
  PairScan scan(b, op);
  // ref-1: a list that leaves the kernel holds -1 behind its end.
  Value end = b.isGlobal(result) ? b.i32(width) : slots, any = b.lessThan(b.i32(0), slots);
  auto load = [&](Value step) {
    // Slots beyond the list's end measure its last.
    return scan.load(step, any,
                     [&](Value slot) { return b.loadI32(candidates, b.maxOf(b.minOf(slot, last), b.i32(0))); });
  };
  auto measure = [&](const PairScan::Pair &pair) {
    scan.measure(pair, [&](Value slot, Value position, Value distance) {
      b.ifThen(b.lessThan(slot, end), [&] {
        // -1 is all ones in any width.
        Value padded = b.lessThan(position, b.i32(0));
        if (end != slots)
          padded = b.orOf(padded, b.atLeast(slot, slots));
        Value kept = b.select(padded, b.i32(-1), distance);
        b.store(toStorage(b, kept, target.element), b.offset(target.pointer, target.element, slot));
      });
    });
  };
  // Nearly always the first step is the only one of a part, and there is much to do while its keys travel.
  PairScan::Pair first = load(b.i32(0));
  scan.prepare();
  for (Operation *user : result.getUsers())
    if (auto histogram = dyn_cast<HistogramOp>(user); histogram && histogram->getParentOp() == b.kernel)
      prepareCandidateHistogram(b, histogram);
  measure(first);
  if (most > scan.perStep())
    b.forLoop(b.i32(scan.perStep()), end, b.i32(scan.perStep()), [&](Value step) { measure(load(step)); });
  b.barrier();
  return success();
}

void mlir::adamas::remeasure(ThreadBuilder &b, Value distances, Value begin, Value end, Value base) {
  auto op = getYieldedValue(distances).getDefiningOp<DistanceOpInterface>();
  RowView target = b.rowView(distances);
  PairScan scan(b, op);
  scan.prepare();
  Value last = b.sub(end, b.i32(1));
  b.forLoop(begin, end, b.i32(scan.perStep()), [&](Value step) {
    scan.measure(
        scan.load(step, {}, [&](Value slot) { return b.minOf(slot, last); }), [&](Value slot, Value, Value distance) {
          Value moved = b.maxOf(b.sub(distance, base), b.i32(0));
          b.ifThen(b.lessThan(slot, end), [&] {
            b.store(toStorage(b, moved, target.element, op.getBound()), b.offset(target.pointer, target.element, slot));
          });
        });
  });
  b.barrier();
}

namespace {
/// Which positions count, and of which parts they are.
struct Counted {
  Value low, high, begin, end;

  Counted(ThreadBuilder &b, HistogramOp op) {
    Value visible = b.visibleToRow(op.getDistances(), op.getSeqLens(), b.i32(INT32_MAX));
    std::tie(low, high) = b.freeRange(visible, op.getSink(), op.getRecent());
    std::tie(begin, end) = b.partRange(op.getParts(), visible);
  }
  Value isFree(ThreadBuilder &b, Value position) {
    return b.andOf(b.atLeast(position, low), b.lessThan(position, high));
  }
};
} // namespace

static void clear(ThreadBuilder &b, Value bins, int64_t count) {
  auto four = VectorType::get({4}, b.getI32Type());
  Value zeros = arith::ConstantOp::create(b, DenseElementsAttr::get(four, int32_t(0)));
  b.forThreads(b.i32(llvm::divideCeil(count, 4)), [&](Value i) { b.store(zeros, b.offset(bins, four, i), 16); });
}

/// All tokens are counted in the lower half of a sum, those of parts before this one in the upper.
static void addToSums(ThreadBuilder &b, Value sums, Value distance, Value before) {
  adamas_gpu::ReduceAddOp::create(b, b.select(before, b.i32(0x10001), b.i32(1)),
                                  b.offset(sums, b.getI32Type(), distance));
}

namespace {
/// Bins of the candidates of an item: its own, or of all parts together where they are divided.
struct CandidateBins : Prepared {
  Value pointer;
};
} // namespace

/// Whether the candidates of `op` are divided among parts.
static bool isDivided(HistogramOp op) { return op.getResult().getType().getShape().drop_back().back() > 1; }

void mlir::adamas::prepareCandidateHistogram(ThreadBuilder &b, HistogramOp op) {
  auto bins = std::make_unique<CandidateBins>();
  int64_t count = op.getBins(), padded = llvm::alignTo(count, 4);
  if (isDivided(op))
    bins->pointer = b.sums[op.getResult()] = b.allocateShared(padded * 4);
  else
    bins->pointer = b.allocateRow(op.getResult(), b.getI32Type(), padded).pointer;
  if (!isDivided(op) && b.isGlobal(op.getResult())) // whose rows follow each other
    b.forThreads(b.i32(count), [&](Value bin) { b.storeI32(b.i32(0), bins->pointer, bin); });
  else
    clear(b, bins->pointer, count);
  b.prepared[op] = std::move(bins);
}

namespace {
/// Few tokens in many bins: it is cheaper to send every CTA of the cluster the distances, which it then counts, than
/// the bins. Eight distances a message, as they lie in memory; a slot without a token that counts holds all ones.
class SharedCount {
public:
  SharedCount(ThreadBuilder &b, HistogramOp op, Value sums)
      : b(b), bins(op.getBins()), sums(sums), distances(b.rowView(op.getDistances())),
        candidates(b.listPointer(op.getCandidates())), count(b.countSlots(op.getCandidates())), counted(b, op),
        four(VectorType::get({4}, b.getI32Type())) {
    chunks = llvm::divideCeil(cast<ShapedType>(op.getCandidates().getType()).getShape().back(), perSend);
    low = b.maxOf(counted.low, counted.begin);
    high = b.minOf(counted.high, counted.end);
  }

  void emit() {
    int64_t bytes = chunks * 16;
    Value parts = b.allocateShared(b.cluster() * bytes), barrier = b.expectBytes(b.cluster() * bytes);
    Value nothing = arith::ConstantOp::create(b, DenseElementsAttr::get(four, int32_t(-1)));
    b.needCluster();
    b.forThreads(b.i32(chunks), [&](Value chunk) {
      // Any part may have all candidates, and most have few of them.
      Value first = b.mul(chunk, b.i32(perSend));
      Value message =
          b.ifElse(b.lessThan(first, count), nothing, [&] { return SmallVector<Value>{messageOf(first)}; })[0];
      Value target = b.offset(parts, four, b.add(b.mul(b.part, b.i32(chunks)), chunk));
      for (int64_t rank = 0; rank < b.cluster(); ++rank)
        b.send(message, target, barrier, b.i32(rank));
    });
    b.receive(barrier);
    b.forThreads(b.i32(b.cluster() * chunks), [&](Value index) {
      // The first messages of all parts, then the next ones: those that hold something are spread over the threads.
      Value part = b.rem(index, b.i32(b.cluster())), chunk = b.div(index, b.i32(b.cluster()));
      Value message = b.load(four, b.offset(parts, four, b.add(b.mul(part, b.i32(chunks)), chunk)), 16);
      countMessage(message, b.lessThan(part, b.part));
    });
    b.barrier();
  }

private:
  static constexpr int64_t perSend = 8;

  Value clip(Value slot) { return b.minOf(slot, b.sub(count, b.i32(1))); }

  /// The distances of eight slots from `first` on, of which there is one at least.
  Value messageOf(Value first) {
    if (!distances.element.isInteger(16))
      return mixedMessage(first);
    Value end = b.add(first, b.i32(perSend)), last = b.loadI32(candidates, clip(b.sub(end, b.i32(1))));
    Value outside = isAnyOutside(b, b.loadI32(candidates, clip(first)), last, low, high);
    Value stored = b.load(four, b.offset(distances.pointer, distances.element, first), 16);
    return b.ifElse(b.orOf(b.lessThan(count, end), outside), stored,
                    [&] { return SmallVector<Value>{mixedMessage(first)}; })[0];
  }

  Value mixedMessage(Value first) {
    Value message = LLVM::PoisonOp::create(b, four);
    for (int64_t word = 0; word < 4; ++word) {
      Value pair;
      for (int64_t half = 0; half < 2; ++half) {
        Value slot = b.add(first, b.i32(2 * word + half)), inside = clip(slot);
        Value position = b.loadI32(candidates, inside);
        Value distance = loadDistance(b, distances.pointer, distances.element, inside);
        distance = arith::MinUIOp::create(b, distance, b.i32(bins - 1));
        Value counts = b.andOf(b.atLeast(position, low), b.lessThan(position, high));
        distance = b.select(b.andOf(counts, b.lessThan(slot, count)), distance, b.i32(0xffff));
        pair = pair ? b.orOf(pair, b.shiftLeft(distance, 16)) : distance;
      }
      message = LLVM::InsertElementOp::create(b, message, pair, b.i32(word));
    }
    return message;
  }

  void countMessage(Value message, Value before) {
    SmallVector<Value> words;
    Value all;
    for (int64_t i = 0; i < 4; ++i) {
      words.push_back(LLVM::ExtractElementOp::create(b, message, b.i32(i)));
      all = all ? b.andOf(all, words.back()) : words.back();
    }
    b.ifThen(b.compare(arith::CmpIPredicate::ne, all, b.i32(-1)), [&] {
      for (int64_t i = 0; i < perSend; ++i) {
        Value distance = i % 2 ? b.shiftRight(words[i / 2], 16) : b.andOf(words[i / 2], b.i32(0xffff));
        b.ifThen(b.compare(arith::CmpIPredicate::ne, distance, b.i32(0xffff)),
                 [&] { addToSums(b, sums, b.minOf(distance, b.i32(bins - 1)), before); });
      }
    });
  }

  ThreadBuilder &b;
  int64_t bins, chunks;
  Value sums;
  RowView distances;
  Value candidates, count;
  Counted counted;
  VectorType four;
  Value low, high; ///< positions that count
};
} // namespace

LogicalResult mlir::adamas::emitCandidateHistogram(ThreadBuilder &b, HistogramOp op) {
  int64_t bins = op.getBins(), slots = cast<ShapedType>(op.getCandidates().getType()).getShape().back();
  bool divided = isDivided(op);
  if (divided && slots > UINT16_MAX)
    return op.emitOpError() << "expects at most " << UINT16_MAX << " candidates where they are divided, but got "
                            << slots << "; leave them whole";
  // Only sums over all parts are made, which the threshold takes.
  if (divided && llvm::any_of(op.getResult().getUsers(), [&](Operation *user) {
        return !isa<ThresholdOp>(user) || user->getParentOp() != b.kernel;
      }))
    return op.emitOpError() << "is lowered to GPUs only where its users follow in the same kernel";
  if (!b.prepared.count(op)) {
    prepareCandidateHistogram(b, op);
    b.barrier(); // else that of the distances, which came after
  }
  Value counts = static_cast<CandidateBins &>(*b.prepared[op]).pointer;
  if (divided && op.getPlacement() == Placement::Cluster) {
    SharedCount(b, op, counts).emit();
    return success();
  }
  RowView distances = b.rowView(op.getDistances());
  Value candidates = b.listPointer(op.getCandidates());
  Counted counted(b, op);
  b.forThreads(b.countSlots(op.getCandidates()), [&](Value slot) {
    Value position = b.loadI32(candidates, slot);
    b.ifThen(counted.isFree(b, position), [&] {
      Value distance =
          arith::MinUIOp::create(b, loadDistance(b, distances.pointer, distances.element, slot), b.i32(bins - 1));
      if (divided)
        addToSums(b, counts, distance, b.lessThan(position, counted.begin));
      else
        adamas_gpu::ReduceAddOp::create(b, b.i32(1), b.offset(counts, b.getI32Type(), distance));
    });
  });
  b.barrier();
  return success();
}
