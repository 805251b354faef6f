// adamas.histogram for CPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/SelectionLoops.h"

using namespace mlir;
using namespace mlir::adamas;

// Tokens counted one by one before the threshold is first bounded, and between bounds.
static constexpr int64_t firstBlock = 2048, nextBlock = 4096;

namespace {
/// The bins of a row.
struct Bins {
  Row row;
  int64_t size;
  bool trusted; ///< every distance has a bin; a caller's may not, and then counts in the last
};
} // namespace

static void count(KernelBuilder &b, const Bins &counts, Value distance) {
  const Row &bins = counts.row;
  if (!counts.trusted)
    distance = arith::MinUIOp::create(b, distance, b.i32(counts.size - 1));
  Value bin = b.toIndex(distance);
  b.store(b.add(b.load(bins, {bin}), b.i32(1)), bins, {bin});
}

/// What the histogram's users need of it: only bins up to the one where the count reaches this, if a threshold alone
/// reads it.
static std::optional<int64_t> getNeed(HistogramOp op) {
  std::optional<int64_t> need;
  for (Operation *user : getUsersAcrossKernels(op.getResult())) {
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
  return b.whileLoop(
      state,
      [&](ValueRange values) {
        Value above = b.compare(arith::CmpIPredicate::sgt, values[0], b.i32(0));
        Value enough = b.compare(arith::CmpIPredicate::sge, fewer(values), b.i32(need));
        return arith::AndIOp::create(b, above, enough).getResult();
      },
      [&](ValueRange values) { return SmallVector<Value>{b.sub(values[0], b.i32(1)), fewer(values)}; });
}

/// Counts [begin, end). Where only a threshold of `need` reads the bins, tokens farther than the k-th nearest so far
/// cannot change it and are passed over, a vector at a time.
static void countTokens(KernelBuilder &b, const Bins &bins, const Row &distances, Value begin, Value end,
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
  SmallVector<Value> state = lowerBound(b, bins.row, *need, {b.i32(bins.size - 1), counted});
  b.forLoop(first, end, nextBlock, state, [&](Value block, ValueRange carried) {
    Value blockEnd = b.minIndex(end, b.add(block, b.index(nextBlock)));
    Value total = forNear(b, distances, block, blockEnd, carried[0], carried[1], [&](Value token, ValueRange counted) {
      count(b, bins, loadDistance(b, distances, token));
      return SmallVector<Value>{b.add(counted[0], b.i32(1))};
    })[0];
    return lowerBound(b, bins.row, *need, {carried[0], total});
  });
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
  bool trusted = getYieldedValue(distances).getDefiningOp<DistanceOpInterface>() != nullptr;
  b.forRows(b.countRows(distances), [&](Value row) {
    Bins counts{b.getRow(result, row), bins, trusted};
    Row source = b.getRow(distances, row);
    clear(b, counts.row, bins);
    Value visible = b.getVisible(distances, row, op.getSeqLens());
    auto [low, high] = getFreeRange(b, visible, op.getSink(), op.getRecent());
    auto [begin, end] = b.getPartRange(op.getParts(), visible);
    Value from = b.maxIndex(begin, low), to = b.minIndex(end, high);
    if (Value candidates = op.getCandidates())
      std::tie(from, to) = getFreeSlots(b, candidates, row, from, to);
    countTokens(b, counts, source, from, to, getNeed(op));
  });
  return success();
}
