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
  Engine engine = b.schedule.getEngine(), ofCandidates = b.schedule.getCandidateEngine();
  if (op.getCandidateList() && ofCandidates != Engine::Choose)
    engine = ofCandidates;
  if (engine == Engine::B1)
    return createMatrixEngine(b, op, rows);
  if (auto weighted = dyn_cast<WeightedDistanceOp>(op.getOperation()); weighted && engine == Engine::S8)
    return createByteEngine(b, weighted, rows);
  return createPopcountEngine(b, op, rows, engine == Engine::CarrySave);
}

SmallVector<SmallVector<Value>> DistanceEngine::queryCodes(Value row) {
  int64_t perLoad = std::min<int64_t>(4, words);
  Type type = perLoad == 1 ? Type(b.getI32Type()) : VectorType::get({perLoad}, b.getI32Type());
  SmallVector<SmallVector<Value>> result(planes);
  for (int64_t plane = 0; plane < planes; ++plane)
    for (int64_t word = 0; word < words; word += perLoad) {
      Value source = b.rowAddress(op.getQuerySide(), row, {b.i32(plane + codes.getBits() - planes), b.i32(word)});
      Value loaded = b.load(type, source, 4 * perLoad);
      for (int64_t i = 0; i < perLoad; ++i)
        result[plane].push_back(perLoad == 1 ? loaded
                                             : LLVM::ExtractElementOp::create(b, loaded, b.i32(i)).getResult());
    }
  return result;
}

Value DistanceEngine::sumCodes(Value row) {
  // sum_p 2^p |C_p|, a word a lane.
  int64_t count = planes * words;
  Value total;
  for (int64_t first = 0; first < count; first += 32) {
    Value index = b.add(b.lane, b.i32(first)), inside = b.lessThan(index, b.i32(count));
    Value word = b.select(inside, index, b.i32(0)), plane = b.div(word, b.i32(words));
    Value source = b.rowAddress(op.getQuerySide(), row,
                                {b.add(plane, b.i32(codes.getBits() - planes)), b.rem(word, b.i32(words))});
    Value bits = b.select(inside, b.load(b.getI32Type(), source), b.i32(0));
    total = sum(total, arith::ShLIOp::create(b, b.popcount(bits), plane));
  }
  return b.warpSum(total);
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

Value mlir::adamas::sumPositive(ThreadBuilder &b, ArrayRef<Value> laneWeights) {
  Value total = b.i32(0);
  for (Value weight : laneWeights)
    total = b.add(total, b.maxOf(weight, b.i32(0)));
  return b.warpSum(total);
}

WeightPlanes mlir::adamas::loadWeightPlanes(ThreadBuilder &b, WeightedDistanceOp op, Value row) {
  int64_t bits = weightBits(op);
  WeightPlanes result;
  result.planes.resize(bits);
  SmallVector<Value> weights = loadLaneWeights(b, op, row);
  for (Value weight : weights)
    for (int64_t plane = 0; plane < bits; ++plane)
      result.planes[plane].push_back(gatherBit(b, weight, plane));
  result.positiveSum = sumPositive(b, weights);
  return result;
}
