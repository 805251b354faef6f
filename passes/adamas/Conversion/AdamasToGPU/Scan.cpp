// Distances of all tokens for GPUs: the scan, with the histograms that it feeds.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/KeyCodes.h"

using namespace mlir;
using namespace mlir::adamas;

// Shared memory for the bins of a scan's CTA; beyond it they are counted in global memory at once.
static constexpr int64_t sharedBinBytes = 64 * 1024;

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
    SmallVector<KeyWords> zeros = zeroKeys(b, op, perThread);
    return unflatten(b.ifElse(busy, flatten(zeros), [&] { return flatten(loadKeys(first)); }), zeros);
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
