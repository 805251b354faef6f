// adamas.weigh for CPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/KernelBuilder.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::adamas;

/// wgt-1: the sum of magnitudes by butterflies; every lane of every vector ends with it.
static Value sumMagnitudes(KernelBuilder &b, const RegisterRow &row) {
  RegisterRow sums;
  for (Value chunk : row)
    sums.push_back(math::AbsFOp::create(b, chunk));
  int64_t lanes = cast<VectorType>(row[0].getType()).getDimSize(0);
  for (int64_t stride = 1; stride < lanes * int64_t(row.size()); stride *= 2) {
    RegisterRow partners = exchange(b, sums, stride);
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] = arith::AddFOp::create(b, sums[i], partners[i]);
  }
  return vector::ExtractOp::create(b, sums[0], ArrayRef<int64_t>{0});
}

/// wgt-2: whether a sum can scale weights: at least 2^-100, finite, no NaN.
static Value isUsable(KernelBuilder &b, Value sum) {
  Value large = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, sum, b.f32(std::ldexp(1.0, -100)));
  Value finite =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, sum, b.f32(std::numeric_limits<double>::infinity()));
  return arith::AndIOp::create(b, large, finite);
}

/// wgt-2 on one vector of values; `scale` is W / a.
static Value weighChunk(KernelBuilder &b, Value chunk, Value scale, Value usable, double cap) {
  int64_t lanes = cast<VectorType>(chunk.getType()).getDimSize(0);
  Value y = arith::MulFOp::create(b, chunk, b.splat(scale, lanes));
  auto clampAt = [&](Value value, Value bound, arith::CmpFPredicate outside) -> Value {
    return arith::SelectOp::create(b, arith::CmpFOp::create(b, outside, value, bound), bound, value);
  };
  // The cap is an integer, so clamping before rounding gives the same, and leaves values small enough to round by
  // adding and subtracting 1.5 * 2^23, ties to even.
  y = clampAt(y, b.splatF32(cap, lanes), arith::CmpFPredicate::OGT);
  y = clampAt(y, b.splatF32(-cap, lanes), arith::CmpFPredicate::OLT);
  Value magic = b.splatF32(12582912.0, lanes);
  Value rounded = arith::SubFOp::create(b, arith::AddFOp::create(b, y, magic), magic);
  // The weight of a NaN is 0; converting one would be undefined.
  Value number = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, rounded, rounded);
  Value keep = arith::AndIOp::create(b, number, b.splat(usable, lanes));
  rounded = arith::SelectOp::create(b, keep, rounded, b.splatF32(0.0, lanes));
  Value words = arith::FPToSIOp::create(b, b.vectorType(b.getI32Type(), lanes), rounded);
  return arith::TruncIOp::create(b, b.vectorType(b.getI8Type(), lanes), words);
}

static void storeWeights(KernelBuilder &b, WeighOp op, const RegisterRow &row, Value outRow) {
  Value sum = sumMagnitudes(b, row);
  Value usable = isUsable(b, sum);
  // An unusable sum is replaced before the division, whose result is then not used.
  Value safe = arith::SelectOp::create(b, usable, sum, b.f32(1.0));
  Value scale = arith::DivFOp::create(b, b.f32(double(op.getRangeOrDefault())), safe);
  int64_t lanes = cast<VectorType>(row[0].getType()).getDimSize(0);
  Row target = b.getRow(op.getResult(), outRow);
  for (auto [i, chunk] : llvm::enumerate(row))
    b.storeVector(weighChunk(b, chunk, scale, usable, double(op.getCap())), target, {b.index(i * lanes)});
}

LogicalResult mlir::adamas::emitWeigh(KernelBuilder &b, WeighOp op) {
  int64_t dim = op.getDim(), lanes = rowLanes(b, dim);
  b.allocate(op.getResult(), b.getI8Type(), {b.getIndexAttr(dim)});
  int64_t outRows = b.countRows(op.getResult()), group = b.countRows(op.getInput()) / outRows;
  b.forRows(outRows, [&](Value outRow) {
    if (group == 1)
      return storeWeights(b, op, emitQueryRow(b, op.getInput(), outRow), outRow);
    // wgt-4: y = sum_h y_h / a_h over the heads whose sum is usable, in ascending order from zero.
    SmallVector<Value> zeros(dim / lanes, b.splatF32(0.0, lanes));
    Value first = arith::MulIOp::create(b, outRow, b.index(group));
    RegisterRow total = b.forLoop(b.index(0), b.index(group), 1, zeros, [&](Value g, ValueRange carried) {
      RegisterRow row = emitQueryRow(b, op.getInput(), b.add(first, g));
      Value sum = sumMagnitudes(b, row);
      Value usable = isUsable(b, sum);
      Value divisor = b.splat(arith::SelectOp::create(b, usable, sum, b.f32(1.0)), lanes);
      SmallVector<Value> next;
      for (auto [chunk, before] : llvm::zip(row, carried)) {
        Value after = arith::AddFOp::create(b, before, arith::DivFOp::create(b, chunk, divisor));
        next.push_back(arith::SelectOp::create(b, usable, after, before));
      }
      return next;
    });
    storeWeights(b, op, total, outRow);
  });
  return success();
}
