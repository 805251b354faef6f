// adamas.threshold for CPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/KernelBuilder.h"

using namespace mlir;
using namespace mlir::adamas;

namespace {
/// The histogram of one row, summed over its parts as it is read.
class SummedHistogram {
public:
  SummedHistogram(KernelBuilder &b, Value histogram, int64_t ways, Value row)
      : b(b), histogram(histogram), row(row), ways(ways) {}

  Value at(Value bin) {
    return sum([&](Value part) { return b.load(b.getRow(histogram, row, part), {bin}); });
  }
  /// The count of a vector of bins from `bin` on.
  Value ofVector(Value bin) {
    return sum([&](Value part) {
      Value counts = b.loadVector(b.getI32Type(), b.cpu.getLanes(), b.getRow(histogram, row, part), {bin});
      return vector::ReductionOp::create(b, vector::CombiningKind::ADD, counts).getResult();
    });
  }
  Value inPart(Value part, Value bin) { return b.load(b.getRow(histogram, row, part), {bin}); }

private:
  Value sum(function_ref<Value(Value)> ofPart) {
    if (ways == 1)
      return ofPart(b.index(0));
    return b.forLoop(b.index(0), b.index(ways), 1, b.i32(0), [&](Value part, ValueRange total) {
      return SmallVector<Value>{b.add(total[0], ofPart(part))};
    })[0];
  }

  KernelBuilder &b;
  Value histogram, row;
  int64_t ways;
};
} // namespace

/// (bin, tokens nearer than it, tokens at it) of the first bin where the count reaches `need`, or of the last bin.
static SmallVector<Value> findBin(KernelBuilder &b, SummedHistogram &counts, int64_t bins, int64_t need) {
  // Vectors of bins that do not fill the need are passed over at once. The last vector is left to the bins one by one,
  // so that one of them is always at hand.
  int64_t lanes = b.cpu.getLanes();
  Value whole = b.index((bins - 1) / lanes * lanes), no = arith::ConstantIntOp::create(b, 0, 1);
  auto fills = [&](Value nearer, Value here) {
    return b.compare(arith::CmpIPredicate::sge, b.add(nearer, here), b.i32(need));
  };
  SmallVector<Value> passed = b.whileLoop(
      {b.index(0), b.i32(0)},
      [&](ValueRange state) {
        return b.ifElse(b.compare(arith::CmpIPredicate::slt, state[0], whole), no, [&] {
          Value full = fills(state[1], counts.ofVector(state[0]));
          return SmallVector<Value>{arith::XOrIOp::create(b, full, arith::ConstantIntOp::create(b, 1, 1))};
        })[0];
      },
      [&](ValueRange state) {
        return SmallVector<Value>{b.add(state[0], b.index(lanes)), b.add(state[1], counts.ofVector(state[0]))};
      });
  return b.whileLoop(
      {b.toI32(passed[0]), passed[1], counts.at(passed[0])},
      [&](ValueRange state) {
        Value more = b.compare(arith::CmpIPredicate::slt, b.add(state[1], state[2]), b.i32(need));
        Value left = b.compare(arith::CmpIPredicate::slt, state[0], b.i32(bins - 1));
        return arith::AndIOp::create(b, more, left).getResult();
      },
      [&](ValueRange state) {
        Value next = b.add(state[0], b.i32(1));
        return SmallVector<Value>{next, b.add(state[1], state[2]), counts.at(b.toIndex(next))};
      });
}

LogicalResult mlir::adamas::emitThreshold(KernelBuilder &b, ThresholdOp op) {
  Value histogram = op.getHistogram();
  auto shape = op.getHistogram().getType().getShape();
  int64_t bins = shape.back(), ways = shape[shape.size() - 2], need = op.getNeed();
  b.allocate(op.getThreshold(), b.getI32Type(), {});
  b.allocate(op.getSkip(), b.getI32Type(), {});
  b.forRows(b.countRows(histogram), [&](Value row) {
    if (need == 0) {
      b.store(b.i32(-1), b.getRow(op.getThreshold(), row), {});
      b.forLoop(b.index(0), b.index(ways), 1,
                [&](Value part) { b.store(b.i32(0), b.getRow(op.getSkip(), row, part), {}); });
      return;
    }
    SummedHistogram counts(b, histogram, ways, row);
    SmallVector<Value> found = findBin(b, counts, bins, need);
    b.store(found[0], b.getRow(op.getThreshold(), row), {});
    // Of the ties, what exceeds the need is left out, the oldest parts first.
    Value excess = b.sub(b.add(found[1], found[2]), b.i32(need));
    excess = arith::MaxSIOp::create(b, excess, b.i32(0));
    b.forLoop(b.index(0), b.index(ways), 1, excess, [&](Value part, ValueRange left) {
      Value skip = arith::MinSIOp::create(b, left[0], counts.inPart(part, b.toIndex(found[0])));
      b.store(skip, b.getRow(op.getSkip(), row, part), {});
      return SmallVector<Value>{b.sub(left[0], skip)};
    });
  });
  return success();
}
