// What the distance engines share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/DistanceEngine.h"

using namespace mlir;
using namespace mlir::adamas;

static CodesType codesOf(DistanceOpInterface op) {
  return cast<CodesType>(cast<ShapedType>(op.getKeyCodes().getType()).getElementType());
}

DistanceEngine::DistanceEngine(ThreadBuilder &b, DistanceOpInterface op, ArrayRef<Value> rows)
    : b(b), op(op), rows(rows), codes(codesOf(op)), planes(op.getPlanesRead()), words(codes.getWords()) {}

std::unique_ptr<DistanceEngine> DistanceEngine::create(ThreadBuilder &b, DistanceOpInterface op, ArrayRef<Value> rows) {
  Engine engine = b.schedule.getEngine();
  if (engine == Engine::B1)
    return createMatrixEngine(b, op, rows);
  if (auto weighted = dyn_cast<WeightedDistanceOp>(op.getOperation()); weighted && engine == Engine::S8)
    return createByteEngine(b, weighted, rows);
  return createPopcountEngine(b, op, rows, engine == Engine::CarrySave);
}

Value DistanceEngine::queryWord(Value row, int64_t plane, int64_t word) {
  Value source = b.rowAddress(op.getQuerySide(), row, {b.i32(plane + codes.getBits() - planes), b.i32(word)});
  return b.load(b.getI32Type(), source);
}

/// The bits of `code` that are at least `least`; null where all are.
static Value atLeast(ThreadBuilder &b, ArrayRef<Value> code, int64_t least) {
  if (least == 0)
    return Value();
  int64_t top = int64_t(1) << (code.size() - 1);
  Value high = code.back();
  if (least >= top) {
    Value low = atLeast(b, code.drop_back(), least - top);
    return low ? b.andOf(high, low) : high;
  }
  return b.orOf(high, atLeast(b, code.drop_back(), least));
}

SmallVector<Value> mlir::adamas::thermometer(ThreadBuilder &b, ArrayRef<Value> code) {
  SmallVector<Value> planes;
  for (int64_t least = 1; least < (int64_t(1) << code.size()); ++least)
    planes.push_back(atLeast(b, code, least));
  return planes;
}

int64_t mlir::adamas::weightBits(WeightedDistanceOp op) {
  // A caller's weights may be anything an i8 holds.
  auto weigh = getYieldedValue(op.getWeights()).getDefiningOp<WeighOp>();
  if (!weigh)
    return 8;
  int64_t bits = 1;
  while ((int64_t(1) << (bits - 1)) <= int64_t(weigh.getCap()))
    ++bits;
  return bits;
}

SmallVector<Value> mlir::adamas::loadLaneWeights(ThreadBuilder &b, WeightedDistanceOp op, Value row) {
  SmallVector<Value> weights;
  Value source = b.rowAddress(op.getWeights(), row, {});
  for (int64_t first = 0; first < op.getWeights().getType().getShape().back(); first += 32) {
    Value weight = b.load(b.getI8Type(), b.offset(source, b.getI8Type(), b.add(b.i32(first), b.lane)));
    weights.push_back(arith::ExtSIOp::create(b, b.getI32Type(), weight));
  }
  return weights;
}

Value mlir::adamas::gatherBit(ThreadBuilder &b, Value number, int64_t plane) {
  Value bit = b.andOf(number, b.i32(int64_t(1) << plane));
  return b.ballot(b.compare(arith::CmpIPredicate::ne, bit, b.i32(0)));
}

WeightPlanes mlir::adamas::loadWeightPlanes(ThreadBuilder &b, WeightedDistanceOp op, Value row) {
  int64_t bits = weightBits(op), words = op.getWeights().getType().getShape().back() / 32;
  WeightPlanes result;
  result.planes.resize(bits);
  for (Value weight : loadLaneWeights(b, op, row))
    for (int64_t plane = 0; plane < bits; ++plane)
      result.planes[plane].push_back(gatherBit(b, weight, plane));
  for (int64_t word = 0; word < words; ++word)
    for (int64_t plane = 0; plane + 1 < bits; ++plane) {
      Value positive = b.andOf(result.planes[plane][word], b.xorOf(result.planes[bits - 1][word], b.i32(-1)));
      Value count = b.shiftLeft(b.popcount(positive), plane);
      result.positiveSum = result.positiveSum ? b.add(result.positiveSum, count) : count;
    }
  return result;
}
