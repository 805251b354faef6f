// Distances for GPUs: the scan of all tokens with the histograms it feeds, and the distances of candidates.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/DistanceEngine.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"

using namespace mlir;
using namespace mlir::adamas;

// Shared memory for the bins of a scan's CTA; beyond it they are counted in global memory at once.
static constexpr int64_t sharedBinBytes = 64 * 1024;

/// Rows of the query's side that make the item's rows of the result.
static SmallVector<Value> queryRows(ThreadBuilder &b, DistanceOpInterface op) {
  RowRange range = b.itemRange(op.getQuerySide());
  SmallVector<Value> rows;
  for (int64_t row = 0; row < range.count; ++row)
    rows.push_back(b.add(range.first, b.i32(row)));
  return rows;
}

/// The words of one key from the address of its code vector: loads of up to 16 bytes.
static KeyWords loadKeyWords(ThreadBuilder &b, DistanceOpInterface op, Value address,
                             std::optional<adamas_gpu::Cache> cache) {
  GlobalView &codes = b.global(op.getKeyCodes());
  int64_t bits = codes.shape[codes.shape.size() - 2], words = codes.shape.back();
  Value planeStride = codes.strides[codes.strides.size() - 2];
  int64_t perLoad = std::min<int64_t>(4, words);
  Type type = perLoad == 1 ? Type(b.getI32Type()) : VectorType::get({perLoad}, b.getI32Type());
  KeyWords key;
  for (int64_t plane = bits - op.getPlanesRead(); plane < bits; ++plane) {
    key.emplace_back();
    Value row = b.offset(address, b.getI32Type(), b.mul(b.i64(plane), planeStride));
    for (int64_t word = 0; word < words; word += perLoad) {
      Value pointer = b.offset(row, b.getI32Type(), b.i32(word));
      Value loaded =
          cache ? adamas_gpu::LoadOp::create(b, type, *cache, pointer).getResult() : b.load(type, pointer, 4 * perLoad);
      for (int64_t i = 0; i < perLoad; ++i)
        key.back().push_back(perLoad == 1 ? loaded : LLVM::ExtractElementOp::create(b, loaded, b.i32(i)).getResult());
    }
  }
  return key;
}

/// `distance`, which is at most `bound`, as it is kept. Eight bits saturate.
static Value toStorage(ThreadBuilder &b, Value distance, Type element, int64_t bound = 0) {
  if (element.isInteger(8) && bound > UINT8_MAX)
    distance = arith::MinUIOp::create(b, distance, b.i32(UINT8_MAX));
  return element.isInteger(32) ? distance : arith::TruncIOp::create(b, element, distance).getResult();
}

namespace {
/// The bins of a scan: a copy for the CTA in shared memory, added to the part's when its tokens are through; or the
/// part's own, where it is the CTA's.
class ScanBins {
public:
  ScanBins(ThreadBuilder &b, HistogramOp op, RowRange range)
      : b(b), op(op), rows(range.count), first(range.first), bins(op.getBins()) {
    auto distance = op.getDistances().getDefiningOp<DistanceOpInterface>();
    auto weighted = distance ? dyn_cast<WeightedDistanceOp>(distance.getOperation()) : nullptr;
    // Distances of a caller's weights may be farther than the last bin.
    trusted = !weighted || getYieldedValue(weighted.getWeights()).getDefiningOp<WeighOp>();
    trusted &= distance && distance.getBound() < bins;
    own = !b.isGlobal(op.getResult());
    if (own) {
      local = b.allocateRow(op.getResult(), b.getI32Type(), bins).pointer;
      return;
    }
    if (rows * bins * 4 > sharedBinBytes)
      return;
    // Lanes that meet in a bin wait for each other: of several rows, neighbours count in copies of their own.
    copies = rows >= 4 && 2 * rows * bins * 4 <= sharedBinBytes ? 2 : 1;
    local = b.allocateShared(copies * rows * bins * 4);
    if (copies == 2)
      copy = b.mul(b.andOf(b.lane, b.i32(1)), b.i32(rows * bins));
  }

  bool isShared() const { return bool(local); }

  /// Before the first tokens are counted, and a barrier before that where bins are shared.
  void prologue(Value visible) {
    std::tie(low, high) = b.freeRange(visible, op.getSink(), op.getRecent());
    if (local)
      b.forThreads(b.i32(copies * rows * bins), [&](Value bin) { b.storeI32(b.i32(0), local, bin); });
  }

  /// Counts a token that lies before the part's end.
  void count(Value position, Value inside, int64_t row, Value distance) {
    Value free = b.andOf(inside, b.andOf(b.atLeast(position, low), b.lessThan(position, high)));
    b.ifThen(free, [&] {
      Value bin = trusted ? distance : arith::MinUIOp::create(b, distance, b.i32(bins - 1)).getResult();
      if (copy)
        bin = b.add(bin, copy);
      Value target = local ? b.offset(local, b.getI32Type(), b.add(bin, b.i32(row * bins)))
                           : b.offset(rowBins(row), b.getI32Type(), bin);
      adamas_gpu::ReduceAddOp::create(b, b.i32(1), target);
    });
  }

  void epilogue() {
    if (!local || own)
      return;
    b.barrier();
    for (int64_t row = 0; row < rows; ++row) {
      Value target = rowBins(row);
      b.forThreads(b.i32(bins), [&](Value bin) {
        Value counted = b.loadI32(local, b.add(bin, b.i32(row * bins)));
        if (copy)
          counted = b.add(counted, b.loadI32(local, b.add(bin, b.i32((rows + row) * bins))));
        b.ifThen(b.compare(arith::CmpIPredicate::ne, counted, b.i32(0)),
                 [&] { adamas_gpu::ReduceAddOp::create(b, counted, b.offset(target, b.getI32Type(), bin)); });
      });
    }
  }

private:
  Value rowBins(int64_t row) { return b.rowAddress(op.getResult(), b.add(first, b.i32(row)), {}); }

  ThreadBuilder &b;
  HistogramOp op;
  int64_t rows;
  Value first;
  int64_t bins, copies = 1;
  bool trusted, own = false;
  Value local, copy, low, high;
};
} // namespace

/// The boundaries by which a scan is divided, from what uses its distances.
static Value getParts(DistanceOpInterface op) {
  for (Operation *user : getUsersAcrossKernels(op->getResult(0))) {
    if (auto histogram = dyn_cast<HistogramOp>(user))
      return histogram.getParts();
    if (auto compact = dyn_cast<CompactOp>(user))
      return compact.getParts();
  }
  return Value();
}

static SmallVector<Value> flatten(ArrayRef<KeyWords> keys) {
  SmallVector<Value> values;
  for (const KeyWords &key : keys)
    for (const SmallVector<Value> &plane : key)
      values.append(plane);
  return values;
}

/// `values` in the structure of `like`.
static SmallVector<KeyWords> unflatten(ValueRange values, ArrayRef<KeyWords> like) {
  SmallVector<KeyWords> keys(like);
  size_t next = 0;
  for (KeyWords &key : keys)
    for (SmallVector<Value> &plane : key)
      for (Value &word : plane)
        word = values[next++];
  return keys;
}

/// What holds `codes`, paged or not.
static Value getPool(Value codes) {
  auto view = codes.getDefiningOp<PagedViewOp>();
  return view ? view.getPool() : codes;
}

/// The op that puts new tokens among `codes` in this function, if any.
static AppendOp getWriter(Value codes) { return getYieldedValue(getPool(codes)).getDefiningOp<AppendOp>(); }

/// `keys`, loaded from `addressOf(i)`, with those loaded again that `writer` has written since.
static SmallVector<KeyWords> reloadNewKeys(ThreadBuilder &b, DistanceOpInterface op, AppendOp writer,
                                           ArrayRef<KeyWords> keys, function_ref<Value(int64_t)> addressOf) {
  GlobalView &pool = b.global(writer.getCodes()), &slots = b.global(writer.getSlots());
  SmallVector<Value> addresses;
  auto number = [&](Value pointer) { return LLVM::PtrToIntOp::create(b, b.getI64Type(), pointer).getResult(); };
  for (size_t i = 0; i < keys.size(); ++i)
    addresses.push_back(number(addressOf(i)));
  auto loaded =
      b.forLoop(b.i32(0), b.toI32(slots.sizes[0]), b.i32(1), flatten(keys), [&](Value token, ValueRange carried) {
        // A slot that was skipped, or lies beyond the pool, is at no key's address.
        Value slot = b.load(b.getI32Type(), slots.address(b, {token}));
        Value written = number(pool.address(b, slotIndices(b, writer, slot, b.head)));
        SmallVector<KeyWords> next = unflatten(carried, keys);
        for (size_t i = 0; i < keys.size(); ++i) {
          SmallVector<KeyWords> one{next[i]};
          next[i] = unflatten(b.ifElse(b.equal(written, addresses[i]), flatten(one),
                                       [&] {
                                         Value address = LLVM::IntToPtrOp::create(
                                             b, LLVM::LLVMPointerType::get(b.getContext(), 1), addresses[i]);
                                         return flatten({loadKeyWords(b, op, address, adamas_gpu::Cache::Fresh)});
                                       }),
                              one)[0];
        }
        return flatten(next);
      });
  return unflatten(loaded, keys);
}

LogicalResult mlir::adamas::emitScan(ThreadBuilder &b, DistanceOpInterface op, ArrayRef<HistogramOp> histograms) {
  if (!op.getLengths())
    return op->emitOpError() << "expects 'seq_lens' on this target, but got none";
  Value result = op->getResult(0);
  bool ofToken = b.level == Level::Token; // a block of tokens is the item, else a whole part
  RowRange range = b.itemRange(result);
  int64_t rows = range.count;
  Value token = ofToken ? b.row : b.queryToken(result, b.row);
  GlobalView &codes = b.global(op.getKeyCodes());
  Value visible = b.visibleTokens(op.getLengths(), token, b.countQueryTokens(result), codes.capacity);
  SmallVector<ScanBins> bins;
  for (HistogramOp histogram : histograms)
    if (histogram.getDistances() == result)
      bins.emplace_back(b, histogram, range);
  Value begin, end;
  // Parts matter to what counts them only.
  std::tie(begin, end) = b.partRange(ofToken && bins.empty() ? Value() : getParts(op), visible);
  int64_t perThread = b.schedule.getTokens(), iterations = b.schedule.getIterations();
  int64_t perStep = perThread * b.threads();
  Value first = ofToken ? b.add(begin, b.mul(b.chunk, b.i32(perStep * iterations))) : begin;
  std::unique_ptr<DistanceEngine> engine = DistanceEngine::create(b, op, queryRows(b, op));
  bool stored = b.isGlobal(result);
  Type element = stored ? b.global(result).element : Type();
  // What the next kernel reads again should not leave L2 for codes, which nobody does.
  Value policy = stored ? adamas_gpu::PolicyOp::create(b, b.getI64Type()).getResult() : Value();
  // The whole CTA has tokens or none.
  Value busy = b.lessThan(first, end), last = b.sub(end, b.i32(1));
  Value mine = b.add(b.mul(b.warp, b.i32(32 * perThread)), b.lane);
  auto positionOf = [&](Value start, int64_t i) { return b.add(b.add(start, mine), b.i32(32 * i)); };
  // Every load is on its way before the first is used.
  auto addressOf = [&](Value start, int64_t i, Value entry = {}) {
    return codes.tokenAddress(b, b.batch, b.head, b.minOf(positionOf(start, i), last), entry);
  };
  // Where keys are, of pages; it is asked for a step earlier than they are, or each step would wait twice.
  auto loadEntries = [&](Value start) {
    SmallVector<Value> entries;
    for (int64_t i = 0; codes.table && i < perThread; ++i)
      entries.push_back(codes.loadEntry(b, b.batch, b.minOf(positionOf(start, i), last)));
    return entries;
  };
  AppendOp writer = getWriter(op.getKeyCodes());
  auto cache = writer ? adamas_gpu::Cache::Fresh : adamas_gpu::Cache::Stream;
  auto loadKeys = [&](Value start, ValueRange entries = {}) {
    SmallVector<KeyWords> keys;
    for (int64_t i = 0; i < perThread; ++i)
      keys.push_back(loadKeyWords(b, op, addressOf(start, i, entries.empty() ? Value() : entries[i]), cache));
    return keys;
  };
  auto loadFirst = [&] {
    int64_t planes = op.getPlanesRead(), words = codes.shape.back();
    SmallVector<KeyWords> keys(perThread, KeyWords(planes, SmallVector<Value>(words)));
    SmallVector<Value> zeros(perThread * planes * words, b.i32(0));
    return unflatten(b.ifElse(busy, zeros, [&] { return flatten(loadKeys(first)); }), keys);
  };
  // What was loaded before this kernel wrote new tokens is loaded again where it is one of them.
  auto refresh = [&](SmallVector<KeyWords> keys) {
    return unflatten(b.ifElse(busy, flatten(keys),
                              [&] {
                                return flatten(
                                    reloadNewKeys(b, op, writer, keys, [&](int64_t i) { return addressOf(first, i); }));
                              }),
                     keys);
  };
  // Codes that the function is given may travel while the kernel before is still at work on the query. Where that one
  // writes some, looking for them costs a block of tokens more than it gains.
  SmallVector<KeyWords> keys;
  if (b.readsInputsEarly && !writer && isa<BlockArgument>(getPool(op.getKeyCodes())))
    keys = loadFirst();
  b.waitForKernelBefore();
  SmallVector<Value> targets;
  auto measure = [&](Value start, ArrayRef<KeyWords> keys) {
    for (int64_t i = 0; i < perThread; i += 2) {
      SmallVector<std::array<Value, 2>> distances = engine->measure({keys[i], keys[i + 1]});
      for (int64_t key = 0; key < 2; ++key) {
        Value position = positionOf(start, i + key), inside = b.lessThan(position, end);
        for (int64_t row = 0; row < rows; ++row) {
          Value distance = distances[row][key];
          if (stored)
            b.ifThen(inside, [&] {
              adamas_gpu::StoreOp::create(b, adamas_gpu::Cache::Keep, toStorage(b, distance, element, op.getBound()),
                                          b.offset(targets[row], element, position), policy);
            });
          for (ScanBins &histogram : bins)
            histogram.count(position, inside, row, distance);
        }
      }
    }
  };
  auto scan = [&](bool once) {
    for (int64_t row = 0; stored && row < rows; ++row)
      targets.push_back(b.rowAddress(result, b.add(range.first, b.i32(row)), {}));
    if (once)
      return measure(first, keys);
    // The next step's keys travel while this one's are measured.
    Value stop = ofToken ? b.minOf(b.add(first, b.i32(perStep * iterations)), end) : end;
    SmallVector<Value> state = flatten(keys);
    size_t words = state.size();
    state.append(loadEntries(b.add(first, b.i32(perStep))));
    b.forLoop(first, stop, b.i32(perStep), state, [&](Value start, ValueRange carried) {
      SmallVector<Value> next = flatten(loadKeys(b.add(start, b.i32(perStep)), carried.drop_front(words)));
      next.append(loadEntries(b.add(start, b.i32(2 * perStep))));
      measure(start, unflatten(carried.take_front(words), keys));
      return next;
    });
  };
  if (!ofToken) {
    // A part without tokens has bins all the same, and later ops of the kernel use the rows.
    if (keys.empty())
      keys = loadFirst();
    for (ScanBins &histogram : bins)
      histogram.prologue(visible);
    if (!b.makeRows)
      b.barrier(); // else the rows' barrier does
    if (failed(b.needRows()))
      return failure();
    if (writer && writer->getParentOp() == b.kernel)
      keys = refresh(keys);
    b.ifThen(busy, [&] {
      engine->prepare();
      scan(/*once=*/false);
    });
    b.barrier();
    return success();
  }
  LogicalResult made = success();
  b.ifThen(busy, [&] {
    if (keys.empty())
      keys = loadKeys(first);
    made = b.needRows();
    engine->prepare(); // its loads are on their way while bins are cleared
    for (ScanBins &histogram : bins)
      histogram.prologue(visible);
    if (llvm::any_of(bins, [](ScanBins &histogram) { return histogram.isShared(); }))
      b.barrier();
    scan(iterations == 1);
    for (ScanBins &histogram : bins)
      histogram.epilogue();
  });
  return made;
}

//===----------------------------------------------------------------------===//
// Candidates
//===----------------------------------------------------------------------===//

/// Measures two tokens a thread, those at `positionOf` of the slots from `step` on, row 0 of the query's side. Whole
/// warps measure, as matrix products ask. `prepare`: the engine, while the keys travel.
static void measurePairs(ThreadBuilder &b, DistanceOpInterface op, DistanceEngine &engine, Value step,
                         function_ref<Value(Value slot)> positionOf, bool prepare,
                         function_ref<void(Value slot, Value position, Value distance)> use) {
  GlobalView &codes = b.global(op.getKeyCodes());
  // Few of a line are wanted: what may be new takes the same way but for `nc`.
  bool fresh = bool(getWriter(op.getKeyCodes()));
  KeyPair keys;
  std::array<Value, 2> slot, position;
  for (int64_t i = 0; i < 2; ++i) {
    slot[i] = b.add(b.add(step, b.mul(b.warp, b.i32(64))), b.add(b.lane, b.i32(32 * i)));
    position[i] = positionOf(slot[i]);
    Value inside = b.maxOf(b.minOf(position[i], b.sub(codes.capacity, b.i32(1))), b.i32(0));
    keys[i] = loadKeyWords(b, op, codes.tokenAddress(b, b.batch, b.head, inside),
                           fresh ? std::nullopt : std::optional(adamas_gpu::Cache::ReadOnly));
  }
  if (prepare)
    engine.prepare();
  SmallVector<std::array<Value, 2>> distances = engine.measure(keys);
  for (int64_t i = 0; i < 2; ++i)
    use(slot[i], position[i], distances[0][i]);
}

LogicalResult mlir::adamas::emitCandidateDistance(ThreadBuilder &b, DistanceOpInterface op) {
  Value result = op->getResult(0), list = op.getCandidateList();
  // Padded, as eight are loaded at once.
  int64_t width = cast<ShapedType>(list.getType()).getShape().back(), most = llvm::alignTo(width, 8);
  RowView target = b.allocateRow(result, getDistanceStorageType(result), most);
  Value candidates = b.listPointer(list), slots = b.countSlots(list), last = b.sub(slots, b.i32(1));
  if (failed(b.needRows()))
    return failure();
  std::unique_ptr<DistanceEngine> engine = DistanceEngine::create(b, op, queryRows(b, op));
  int64_t perStep = 2 * b.threads();
  bool once = most <= perStep;
  // ref-1: a list that leaves the kernel holds -1 behind its end.
  Value end = b.isGlobal(result) ? b.i32(width) : slots;
  if (!once)
    engine->prepare();
  auto measure = [&](Value step) {
    // Slots beyond the list's end measure its last.
    auto positionOf = [&](Value slot) { return b.loadI32(candidates, b.maxOf(b.minOf(slot, last), b.i32(0))); };
    measurePairs(b, op, *engine, step, positionOf, /*prepare=*/once, [&](Value slot, Value position, Value distance) {
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
  if (once)
    measure(b.i32(0));
  else
    b.forLoop(b.i32(0), end, b.i32(perStep), measure);
  b.barrier();
  return success();
}

void mlir::adamas::remeasure(ThreadBuilder &b, Value distances, Value begin, Value end, Value base) {
  auto op = getYieldedValue(distances).getDefiningOp<DistanceOpInterface>();
  RowView target = b.rowView(distances);
  std::unique_ptr<DistanceEngine> engine = DistanceEngine::create(b, op, queryRows(b, op));
  engine->prepare();
  Value last = b.sub(end, b.i32(1));
  b.forLoop(begin, end, b.i32(2 * b.threads()), [&](Value step) {
    auto tokenOf = [&](Value slot) { return b.minOf(slot, last); };
    measurePairs(b, op, *engine, step, tokenOf, /*prepare=*/false, [&](Value slot, Value, Value distance) {
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

/// Few tokens in many bins: it is cheaper to send every CTA of the cluster the distances, which it then counts, than
/// the bins.
static LogicalResult countTogether(ThreadBuilder &b, HistogramOp op) {
  int64_t bins = op.getBins(), slots = cast<ShapedType>(op.getCandidates().getType()).getShape().back();
  RowView distances = b.rowView(op.getDistances());
  // Eight distances a message; a slot without a token that counts holds all ones.
  int64_t perSend = 8, chunks = llvm::divideCeil(slots, perSend), bytes = chunks * 16;
  Value own = b.allocateRow(op.getResult(), b.getI32Type(), bins).pointer;
  Value sums = b.sums[op.getResult()] = b.allocateShared(llvm::alignTo(bins, 4) * 4);
  Value parts = b.allocateShared(b.cluster() * bytes), barrier = b.expectBytes(b.cluster() * bytes);
  Value candidates = b.listPointer(op.getCandidates()), count = b.countSlots(op.getCandidates());
  Value last = b.maxOf(b.sub(count, b.i32(1)), b.i32(0));
  auto four = VectorType::get({4}, b.getI32Type());
  Counted counted(b, op);
  b.needCluster();
  b.forThreads(b.i32(chunks), [&](Value chunk) {
    Value message = LLVM::PoisonOp::create(b, four);
    for (int64_t word = 0; word < 4; ++word) {
      Value pair;
      for (int64_t half = 0; half < 2; ++half) {
        Value slot = b.add(b.mul(chunk, b.i32(perSend)), b.i32(2 * word + half)), inside = b.minOf(slot, last);
        Value distance = loadDistance(b, distances.pointer, distances.element, inside);
        distance = arith::MinUIOp::create(b, distance, b.i32(bins - 1));
        Value position = b.loadI32(candidates, inside);
        Value counts = b.andOf(b.lessThan(slot, count), counted.isFree(b, position));
        counts = b.andOf(counts, b.andOf(b.atLeast(position, counted.begin), b.lessThan(position, counted.end)));
        distance = b.select(counts, distance, b.i32(0xffff));
        pair = pair ? b.orOf(pair, b.shiftLeft(distance, 16)) : distance;
      }
      message = LLVM::InsertElementOp::create(b, message, pair, b.i32(word));
    }
    Value target = b.offset(parts, four, b.add(b.mul(b.part, b.i32(chunks)), chunk));
    for (int64_t rank = 0; rank < b.cluster(); ++rank)
      b.send(message, target, barrier, b.i32(rank));
  });
  clear(b, own, bins);
  clear(b, sums, bins);
  b.barrier();
  b.receive(barrier);
  b.forThreads(b.i32(b.cluster() * chunks), [&](Value index) {
    Value part = b.div(index, b.i32(chunks)), message = b.load(four, b.offset(parts, four, index), 16);
    Value before = b.lessThan(part, b.part), mine = b.equal(part, b.part);
    for (int64_t i = 0; i < perSend; ++i) {
      Value word = LLVM::ExtractElementOp::create(b, message, b.i32(i / 2));
      Value distance = i % 2 ? b.shiftRight(word, 16) : b.andOf(word, b.i32(0xffff));
      b.ifThen(b.lessThan(distance, b.i32(bins)), [&] {
        addToSums(b, sums, distance, before);
        b.ifThen(mine, [&] { adamas_gpu::ReduceAddOp::create(b, b.i32(1), b.offset(own, b.getI32Type(), distance)); });
      });
    }
  });
  b.barrier();
  return success();
}

LogicalResult mlir::adamas::emitCandidateHistogram(ThreadBuilder &b, HistogramOp op) {
  int64_t bins = op.getBins(), slots = cast<ShapedType>(op.getCandidates().getType()).getShape().back();
  bool divided = op.getResult().getType().getShape().drop_back().back() > 1;
  if (divided && slots > UINT16_MAX)
    return op.emitOpError() << "expects at most " << UINT16_MAX << " candidates where they are divided, but got "
                            << slots << "; leave them whole";
  if (divided && op.getPlacement() == Placement::Cluster)
    return countTogether(b, op);
  Value own = b.allocateRow(op.getResult(), b.getI32Type(), bins).pointer, sums;
  RowView distances = b.rowView(op.getDistances());
  Value candidates = b.listPointer(op.getCandidates());
  Counted counted(b, op);
  b.forThreads(b.i32(bins), [&](Value bin) { b.storeI32(b.i32(0), own, bin); });
  if (divided) { // the list is whole: so are the sums
    sums = b.sums[op.getResult()] = b.allocateShared(llvm::alignTo(bins, 4) * 4);
    clear(b, sums, bins);
  }
  b.barrier();
  b.forThreads(b.countSlots(op.getCandidates()), [&](Value slot) {
    Value position = b.loadI32(candidates, slot);
    b.ifThen(counted.isFree(b, position), [&] {
      Value distance =
          arith::MinUIOp::create(b, loadDistance(b, distances.pointer, distances.element, slot), b.i32(bins - 1));
      auto count = [&] { adamas_gpu::ReduceAddOp::create(b, b.i32(1), b.offset(own, b.getI32Type(), distance)); };
      if (!divided)
        return count();
      addToSums(b, sums, distance, b.lessThan(position, counted.begin));
      b.ifThen(b.andOf(b.atLeast(position, counted.begin), b.lessThan(position, counted.end)), count);
    });
  });
  b.barrier();
  return success();
}
