// adamas.weigh for GPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::adamas;

/// wgt-1: the sum of magnitudes by butterflies; every lane of the row ends with it. A butterfly gives both partners the
/// same sum, so one of them is enough, and one element where the partners are lanes.
static Value sumMagnitudes(ThreadBuilder &b, const RowFragment &row, int64_t dim) {
  RowFragment sums;
  for (Value element : row)
    sums.push_back(LLVM::FAbsOp::create(b, element.getType(), element));
  for (; sums.size() > 1; sums.truncate(sums.size() / 2))
    for (size_t i = 0; i < sums.size() / 2; ++i)
      sums[i] = arith::AddFOp::create(b, sums[2 * i], sums[2 * i + 1]);
  Value sum = sums[0];
  for (int64_t mask = 1; mask < ThreadBuilder::lanesPerRow(dim); mask *= 2)
    sum = arith::AddFOp::create(b, sum, b.shuffleXor(sum, mask));
  return sum;
}

/// wgt-2: whether a sum can scale weights: at least 2^-100, finite, no NaN.
static Value isUsable(ThreadBuilder &b, Value sum) {
  Value large = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, sum, b.f32(std::ldexp(1.0, -100)));
  Value finite =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, sum, b.f32(std::numeric_limits<double>::infinity()));
  return b.andOf(large, finite);
}

/// wgt-2 on one element; `scale` is W / a.
static Value weighElement(ThreadBuilder &b, Value element, Value scale, Value usable, double cap) {
  Value y = arith::MulFOp::create(b, element, scale);
  auto clampAt = [&](Value value, Value bound, arith::CmpFPredicate outside) {
    return b.select(arith::CmpFOp::create(b, outside, value, bound), bound, value);
  };
  // The cap is an integer, so clamping before rounding gives the same, and leaves values small enough to round by
  // adding and subtracting 1.5 * 2^23, ties to even.
  y = clampAt(y, b.f32(cap), arith::CmpFPredicate::OGT);
  y = clampAt(y, b.f32(-cap), arith::CmpFPredicate::OLT);
  Value magic = b.f32(12582912.0);
  Value rounded = arith::SubFOp::create(b, arith::AddFOp::create(b, y, magic), magic);
  Value number = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, rounded, rounded);
  rounded = b.select(b.andOf(number, usable), rounded, b.f32(0.0));
  return arith::FPToSIOp::create(b, b.getI32Type(), rounded);
}

static void storeWeights(ThreadBuilder &b, WeighOp op, const RowFragment &row, Value outRow, Value valid) {
  int64_t dim = op.getDim();
  Value sum = sumMagnitudes(b, row, dim);
  Value usable = isUsable(b, sum);
  // An unusable sum is replaced before the division, whose result is then not used.
  Value scale = arith::DivFOp::create(b, b.f32(double(op.getRangeOrDefault())), b.select(usable, sum, b.f32(1.0)));
  RowFragment weights;
  for (Value element : row)
    weights.push_back(weighElement(b, element, scale, usable, double(op.getCap())));
  b.ifThen(valid, [&] {
    b.storeFragment(weights, b.rowAddress(op.getResult(), outRow, {b.firstElement(dim)}), b.getI8Type(), dim);
  });
}

/// wgt-4: y = sum_h y_h / a_h over the heads whose sum is usable, in ascending order from zero. The quotients of all
/// heads are made side by side; only the sum keeps their order.
static void weighGroups(ThreadBuilder &b, WeighOp op, RowRange rows, int64_t group) {
  int64_t dim = op.getDim(), heads = rows.count * group;
  Type f32 = b.getF32Type();
  Value quotients = b.allocateShared(heads * dim * 4), usables = b.allocateShared(heads * 4);
  auto quotientsOf = [&](Value head) {
    return b.offset(quotients, f32, b.add(b.mul(head, b.i32(dim)), b.firstElement(dim)));
  };
  b.forRows(heads, dim, [&](Value head, Value valid) {
    RowFragment row = emitRow(b, op.getInput(), b.add(b.mul(rows.first, b.i32(group)), head));
    Value sum = sumMagnitudes(b, row, dim), usable = isUsable(b, sum);
    Value divisor = b.select(usable, sum, b.f32(1.0));
    for (Value &element : row)
      element = arith::DivFOp::create(b, element, divisor);
    b.ifThen(valid, [&] {
      b.storeFragment(row, quotientsOf(head), f32, dim);
      b.ifThen(b.equal(b.firstElement(dim), b.i32(0)),
               [&] { b.storeI32(arith::ExtUIOp::create(b, b.getI32Type(), usable), usables, head); });
    });
  });
  b.barrier();
  b.forRows(rows.count, dim, [&](Value local, Value valid) {
    RowFragment total(ThreadBuilder::elementsPerLane(dim), b.f32(0.0));
    for (int64_t g = 0; g < group; ++g) {
      Value head = b.add(b.mul(local, b.i32(group)), b.i32(g));
      Value usable = b.compare(arith::CmpIPredicate::ne, b.loadI32(usables, head), b.i32(0));
      for (auto [sum, quotient] : llvm::zip(total, b.loadFragment(quotientsOf(head), f32, dim)))
        sum = b.select(usable, arith::AddFOp::create(b, sum, quotient), sum);
    }
    storeWeights(b, op, total, b.add(rows.first, local), valid);
  });
}

LogicalResult mlir::adamas::emitWeigh(ThreadBuilder &b, WeighOp op) {
  int64_t dim = op.getDim();
  RowRange rows = b.allocateRows(op.getResult(), b.getI8Type(), {dim});
  int64_t group = b.countRows(op.getInput()) / b.countRows(op.getResult());
  if (group > 1) {
    weighGroups(b, op, rows, group);
    return success();
  }
  b.forRows(rows.count, dim, [&](Value local, Value valid) {
    Value outRow = b.add(rows.first, local);
    storeWeights(b, op, emitRow(b, op.getInput(), outRow), outRow, valid);
  });
  return success();
}
