// adamas.threshold for GPUs: how near a token must be, from the bins of all parts of a row (sel-6).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"

using namespace mlir;
using namespace mlir::adamas;

namespace {
/// Finds the threshold of a row of bins that every part counts for itself (sel-6).
class ThresholdSearch {
public:
  ThresholdSearch(ThreadBuilder &b, ThresholdOp op) : b(b), op(op), need(op.getNeed()) {
    bins = op.getHistogram().getType().getShape().back();
  }

  void emit() {
    found = b.allocateShared(2 * 4);
    auto shape = op.getHistogram().getType().getShape();
    auto histogram = op.getHistogram().getDefiningOp<HistogramOp>();
    bool near = histogram && histogram.getPlacement() == Placement::Cluster;
    // Each thread has bins of its own, which follow each other; the one whose bins the need falls into finds it.
    each = (bins + b.threads() - 1) / b.threads();
    sums = b.sums.lookup(op.getHistogram());
    bool inRegisters = each <= mostInRegisters && !sums;
    if (inRegisters)
      each = llvm::PowerOf2Ceil(each);
    first = b.mul(b.thread, b.i32(each));
    if (near || !inRegisters)
      prepareUsers();
    if (near && !sums && b.cluster() > 1)
      exchangeBins();
    else if (!sums)
      for (int64_t part = 0; part < shape[shape.size() - 2]; ++part)
        parts.push_back(b.rowView(op.getHistogram(), b.i32(part)).pointer);
    if (sums)
      findInSums();
    else if (inRegisters)
      findInRegisters(/*prepare=*/!near);
    else
      findInLoops();
    b.barrier();
    b.scalars[op.getThreshold()] = b.loadI32(found, b.i32(0));
    b.scalars[op.getSkip()] = b.loadI32(found, b.i32(1));
  }

private:
  // Bins of a thread whose counts stay in registers, so that memory is asked once.
  static constexpr int64_t mostInRegisters = 4;

  /// What users of the threshold read may travel meanwhile.
  void prepareUsers() {
    for (Operation *user : op.getThreshold().getUsers()) {
      auto compact = dyn_cast<CompactOp>(user);
      if (compact && !compact.getCandidates() && compact.getSeqLens())
        prepareCompact(b, compact);
    }
  }

  /// Every CTA of the cluster gets the bins of all parts.
  void exchangeBins() {
    int64_t perSend = 4, bytes = llvm::alignTo(bins, perSend) * 4;
    Value rows = b.allocateShared(b.cluster() * bytes), barrier = b.expectBytes(b.cluster() * bytes);
    auto rowOf = [&](Value part) { return b.offset(rows, b.getI8Type(), b.mul(part, b.i32(bytes))); };
    auto four = VectorType::get({perSend}, b.getI32Type());
    Value own = b.rowView(op.getHistogram()).pointer, target = rowOf(b.part);
    b.needCluster();
    b.forThreads(b.i32(bytes / 16), [&](Value chunk) {
      Value counts = b.load(four, b.offset(own, four, chunk), 16);
      for (int64_t rank = 0; rank < b.cluster(); ++rank)
        b.send(counts, b.offset(target, four, chunk), barrier, b.i32(rank));
    });
    b.receive(barrier);
    for (int64_t part = 0; part < b.cluster(); ++part)
      parts.push_back(rowOf(b.i32(part)));
    padded = bytes / 4;
  }

  SmallVector<Value> countsAt(Value bin) {
    SmallVector<Value> counts;
    for (Value part : parts)
      counts.push_back(b.loadI32(part, bin));
    return counts;
  }
  Value sum(ArrayRef<Value> counts) {
    Value total = counts[0];
    for (Value count : counts.drop_front())
      total = b.add(total, count);
    return total;
  }

  /// This thread's bins, part by part; those that are none hold anything.
  SmallVector<SmallVector<Value>> loadBins() {
    SmallVector<SmallVector<Value>> counts(each);
    if (!padded) {
      for (int64_t i = 0; i < each; ++i)
        counts[i] = countsAt(b.minOf(b.add(first, b.i32(i)), b.i32(bins - 1)));
      return counts;
    }
    Value start = b.minOf(first, b.i32(padded - each));
    for (Value part : parts) {
      Type type = each == 1 ? Type(b.getI32Type()) : VectorType::get({each}, b.getI32Type());
      Value loaded = b.load(type, b.offset(part, b.getI32Type(), start), 4 * each);
      for (int64_t i = 0; i < each; ++i)
        counts[i].push_back(each == 1 ? loaded : LLVM::ExtractElementOp::create(b, loaded, b.i32(i)).getResult());
    }
    return counts;
  }

  /// The prefix over threads, after `mine` tokens in each; runs `body` in the thread that the need falls into.
  void inThreadOfNeed(Value mine, function_ref<void(Value before)> body) {
    Value before, total;
    std::tie(before, total) = b.ctaPrefix(mine);
    // Too few tokens: all of them are nearer than the last bin or at it.
    b.ifThen(b.andOf(b.equal(b.thread, b.i32(0)), b.lessThan(total, b.i32(need))), [&] {
      b.storeI32(b.i32(bins - 1), found, b.i32(0));
      b.storeI32(b.i32(0), found, b.i32(1));
    });
    Value here = b.andOf(b.lessThan(before, b.i32(need)), b.atLeast(b.add(before, mine), b.i32(need)));
    b.ifThen(here, [&] { body(before); });
  }

  /// `upTo` tokens are nearer than bin `threshold` or in it, of which the parts before this one have `before` ties. Of
  /// the ties what exceeds the need is left out, the oldest parts first: all that this one has, if it has fewer.
  void store(Value threshold, Value upTo, Value before) {
    b.storeI32(threshold, found, b.i32(0));
    b.storeI32(b.maxOf(b.sub(b.sub(upTo, b.i32(need)), before), b.i32(0)), found, b.i32(1));
  }

  /// `prepare`: the users' loads go out behind those of the bins.
  void findInRegisters(bool prepare) {
    SmallVector<SmallVector<Value>> counts = loadBins();
    SmallVector<Value> totals;
    if (prepare)
      prepareUsers();
    for (auto [i, ofBin] : llvm::enumerate(counts)) {
      Value inside = b.lessThan(b.add(first, b.i32(i)), b.i32(bins));
      totals.push_back(b.select(inside, sum(ofBin), b.i32(0)));
    }
    inThreadOfNeed(sum(totals), [&](Value before) {
      // The first bin that reaches the need.
      Value bin = first, upTo = b.add(before, totals[0]);
      SmallVector<Value> ofBin = counts[0];
      for (int64_t i = 1; i < each; ++i) {
        Value further = b.lessThan(upTo, b.i32(need));
        bin = b.select(further, b.add(first, b.i32(i)), bin);
        for (auto [count, next] : llvm::zip(ofBin, counts[i]))
          count = b.select(further, next, count);
        upTo = b.select(further, b.add(upTo, totals[i]), upTo);
      }
      store(bin, upTo, ofBin);
    });
  }

  void store(Value threshold, Value upTo, ArrayRef<Value> ofParts) {
    SmallVector<Value> before{b.i32(0)};
    for (auto [part, count] : llvm::enumerate(ofParts.drop_back()))
      before.push_back(b.select(b.lessThan(b.i32(part), b.part), count, b.i32(0)));
    store(threshold, upTo, sum(before));
  }

  /// Every bin is summed over the parts already, and over those before this one in its upper half.
  void findInSums() {
    int64_t perLoad = 4, padded = llvm::alignTo(bins, perLoad), loads = (each + perLoad - 1) / perLoad;
    auto four = VectorType::get({perLoad}, b.getI32Type());
    auto loadAt = [&](Value bin) {
      Value loaded = b.load(four, b.offset(sums, b.getI32Type(), bin), 16);
      SmallVector<Value> counts;
      for (int64_t i = 0; i < perLoad; ++i)
        counts.push_back(LLVM::ExtractElementOp::create(b, loaded, b.i32(i)));
      return counts;
    };
    first = b.mul(b.thread, b.i32(loads * perLoad));
    SmallVector<Value> starts, totals;
    for (int64_t i = 0; i < loads; ++i) {
      Value start = b.add(first, b.i32(i * perLoad)), inside = b.lessThan(start, b.i32(bins));
      starts.push_back(b.minOf(start, b.i32(padded - perLoad)));
      // No carry leaves the lower halves: a list has fewer than 2^16 tokens.
      Value total = b.andOf(sum(loadAt(starts.back())), b.i32(0xffff));
      totals.push_back(b.select(inside, total, b.i32(0)));
    }
    inThreadOfNeed(sum(totals), [&](Value before) {
      Value start = starts[0], upTo = before, next = b.add(before, totals[0]);
      for (int64_t i = 1; i < loads; ++i) {
        Value further = b.lessThan(next, b.i32(need));
        start = b.select(further, starts[i], start);
        upTo = b.select(further, next, upTo);
        next = b.select(further, b.add(next, totals[i]), next);
      }
      Value bin = start;
      SmallVector<Value> counts = loadAt(start);
      Value ofBin = counts[0];
      upTo = b.add(upTo, b.andOf(ofBin, b.i32(0xffff)));
      for (int64_t i = 1; i < perLoad; ++i) {
        Value further = b.lessThan(upTo, b.i32(need));
        bin = b.select(further, b.add(start, b.i32(i)), bin);
        ofBin = b.select(further, counts[i], ofBin);
        upTo = b.select(further, b.add(upTo, b.andOf(counts[i], b.i32(0xffff))), upTo);
      }
      store(bin, upTo, b.shiftRight(ofBin, 16));
    });
  }

  void findInLoops() {
    Value end = b.minOf(b.add(first, b.i32(each)), b.i32(bins));
    Value mine = b.forLoop(first, end, b.i32(1), b.i32(0), [&](Value bin, ValueRange total) {
      return SmallVector<Value>{b.add(total[0], sum(countsAt(bin)))};
    })[0];
    inThreadOfNeed(mine, [&](Value before) {
      SmallVector<Value> state = b.whileLoop(
          {first, b.add(before, sum(countsAt(first)))}, [&](ValueRange s) { return b.lessThan(s[1], b.i32(need)); },
          [&](ValueRange s) {
            Value next = b.add(s[0], b.i32(1));
            return SmallVector<Value>{next, b.add(s[1], sum(countsAt(next)))};
          });
      store(state[0], state[1], countsAt(state[0]));
    });
  }

  ThreadBuilder &b;
  ThresholdOp op;
  int64_t need, bins, each = 0;
  SmallVector<Value> parts; ///< bins of each
  int64_t padded = 0;       ///< bins of each, where rows are loaded by vectors
  Value sums;               ///< bins of all parts together, where they were counted so
  Value found, first;       ///< the threshold, and the ties at it that this part leaves out
};
} // namespace

LogicalResult mlir::adamas::emitThreshold(ThreadBuilder &b, ThresholdOp op) {
  if (b.isGlobal(op.getThreshold()) || b.isGlobal(op.getSkip()))
    return op.emitOpError() << "is lowered to GPUs only where its users follow in the same kernel";
  if (op.getNeed() == 0) {
    b.scalars[op.getThreshold()] = b.i32(-1);
    b.scalars[op.getSkip()] = b.i32(0);
    return success();
  }
  ThresholdSearch(b, op).emit();
  return success();
}
