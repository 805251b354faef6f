// adamas.partial_attention and adamas.merge_attention for CPUs: blocks of tokens with a running maximum.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/KernelBuilder.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::adamas;

// Tokens of one block: their scores fit a few registers, their keys and values the first-level cache, where the rows of
// a group find them.
static constexpr int64_t blockTokens = 32;

static constexpr int64_t cacheLineBits = 512;

static Value multiplyAdd(KernelBuilder &b, Value x, Value y, Value z) { return vector::FMAOp::create(b, x, y, z); }

/// exp of a vector of values <= 0 (or NaN): exp(x) = 2^n exp(r), n = rint(x / ln 2), |r| <= ln 2 / 2, exp(r) by a
/// polynomial of degree 6 whose error is below 1e-7. Values below -87 give 0.
static Value expOfNonPositive(KernelBuilder &b, Value x) {
  int64_t lanes = cast<VectorType>(x.getType()).getDimSize(0);
  auto constant = [&](double value) { return b.splatF32(value, lanes); };
  // Adding 1.5 * 2^23 leaves n in the low bits of the sum.
  Value magic = constant(12582912.0);
  Value shifted = multiplyAdd(b, x, constant(1.4426950408889634), magic);
  Value n = arith::SubFOp::create(b, shifted, magic);
  Value r = multiplyAdd(b, n, constant(-0.693145751953125), x);
  r = multiplyAdd(b, n, constant(-1.42860682030941723e-6), r);
  Value p = constant(1.0 / 720);
  for (double coefficient : {1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    p = multiplyAdd(b, p, r, constant(coefficient));
  auto wordType = b.vectorType(b.getI32Type(), lanes);
  Value exponent = arith::ShLIOp::create(b, arith::BitcastOp::create(b, wordType, shifted), b.splatI32(23, lanes));
  Value scale = arith::BitcastOp::create(b, x.getType(), b.add(exponent, b.splatI32(0x3f800000, lanes)));
  Value result = arith::MulFOp::create(b, p, scale);
  Value tiny = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, constant(-87.0));
  return arith::SelectOp::create(b, tiny, constant(0.0), result);
}

static Value expOfNonPositiveScalar(KernelBuilder &b, Value x) {
  return vector::ExtractOp::create(b, expOfNonPositive(b, b.splat(x, 4)), ArrayRef<int64_t>{0});
}

/// Where the tokens of a row come from.
struct TokenSource {
  Value count;             ///< how many
  Value first;             ///< of a range
  std::optional<Row> list; ///< or listed
};

namespace {
class PartialAttention {
public:
  PartialAttention(KernelBuilder &b, PartialAttentionOp op)
      : b(b), op(op), element(op.getQuery().getType().getElementType()), dim(op.getQuery().getType().getShape().back()),
        lanes(rowLanes(b, dim)), chunks(dim / lanes),
        scale(op.getScale() ? op.getScale()->convertToFloat() : float(1.0 / std::sqrt(double(dim)))),
        rows(b.countRows(op.getQuery())) {}

  void emit() {
    allocate();
    b.forRows(rows, [&](Value row) { begin(row); });
    // All rows take a block before the next, so that a group reads keys and values from memory once.
    Value longest = b.index(0);
    longest = b.forLoop(b.index(0), b.index(rows), 1, longest, [&](Value row, ValueRange most) {
      return SmallVector<Value>{b.maxIndex(most[0], getTokens(row).count)};
    })[0];
    b.forLoop(b.index(0), longest, blockTokens, [&](Value start) {
      b.forRows(rows, [&](Value row) {
        TokenSource tokens = getTokens(row);
        Value left = b.minIndex(b.sub(tokens.count, start), b.index(blockTokens));
        b.ifThen(b.compare(arith::CmpIPredicate::sgt, left, b.index(0)), [&] { takeBlock(row, tokens, start, left); });
      });
    });
    b.forRows(rows, [&](Value row) { finish(row); });
  }

private:
  void allocate() {
    b.allocate(op.getOutput(), b.getF32Type(), {b.getIndexAttr(dim)});
    b.allocate(op.getLse(), b.getF32Type(), {});
    auto shared = [&](ArrayRef<int64_t> shape) {
      SmallVector<OpFoldResult> sizes;
      for (int64_t size : shape)
        sizes.push_back(b.getIndexAttr(size));
      return b.scratch(b.getF32Type(), sizes);
    };
    query = shared({rows, dim});
    maximum = shared({rows});
    denominator = shared({rows});
    scores = shared({blockTokens});
  }

  /// The query in f32, and the empty set's maximum, denominator and output.
  void begin(Value row) {
    Row target = b.getRow(op.getOutput(), row);
    for (int64_t i = 0; i < chunks; ++i) {
      Value offset = b.index(i * lanes);
      b.storeVector(toF32(b.loadVector(element, lanes, b.getRow(op.getQuery(), row), {offset})), {query, {row}},
                    {offset});
      b.storeVector(b.splatF32(0.0, lanes), target, {offset});
    }
    b.store(b.f32(-std::numeric_limits<double>::infinity()), {maximum, {row}}, {});
    b.store(b.f32(0.0), {denominator, {row}}, {});
  }

  TokenSource getTokens(Value row) {
    if (!op.getIndices()) {
      auto [first, end] = b.getPartRange(op.getParts(), b.getVisible(op.getQuery(), row, op.getSeqLens()));
      return {b.sub(end, first), first, std::nullopt};
    }
    // sel-4: the heads of a group may share a list.
    int64_t group = rows / b.countRows(op.getIndices());
    Value listRow = row;
    if (group > 1)
      listRow = arith::DivUIOp::create(b, row, b.index(group));
    return {b.toIndex(b.load(b.getRow(op.getLengths(), listRow), {})), Value(), b.getRow(op.getIndices(), listRow)};
  }

  Value tokenAt(const TokenSource &tokens, Value slot) {
    return tokens.list ? b.toIndex(b.load(*tokens.list, {slot})) : b.add(tokens.first, slot);
  }

  Row cacheRow(Value cache, Value token) { return {b.getGlobal(cache), {b.cacheBatch(cache), b.head, token}}; }

  /// Asks for a row that is read later: the tokens of a list lie anywhere, where no hardware sees them coming.
  void prefetch(Value cache, Value token) {
    Row row = cacheRow(cache, token);
    row.indices.emplace_back();
    for (int64_t i = 0; i < dim; i += cacheLineBits / element.getIntOrFloatBitWidth()) {
      row.indices.back() = b.index(i);
      memref::PrefetchOp::create(b, row.memory, row.indices, /*isWrite=*/false, /*localityHint=*/3,
                                 /*isDataCache=*/true);
    }
  }

  Value toF32(Value chunk) {
    return element.isF32() ? chunk : arith::ExtFOp::create(b, b.vectorType(b.getF32Type(), lanes), chunk).getResult();
  }

  void takeBlock(Value row, const TokenSource &tokens, Value start, Value count) {
    // Scores; slots beyond the block's tokens hold -inf, whose weight is 0.
    SmallVector<Value> q;
    for (int64_t i = 0; i < chunks; ++i)
      q.push_back(b.loadVector(b.getF32Type(), lanes, {query, {row}}, {b.index(i * lanes)}));
    Value infinity = b.splatF32(-std::numeric_limits<double>::infinity(), 16);
    for (int64_t i = 0; i < blockTokens; i += 16)
      b.storeVector(infinity, {scores, {}}, {b.index(i)});
    Value last = b.sub(tokens.count, b.index(1));
    b.forLoop(b.index(0), count, 1, [&](Value slot) {
      Value at = b.add(start, slot), token = tokenAt(tokens, at);
      if (tokens.list) {
        prefetch(op.getValue(), token);
        prefetch(op.getKey(), tokenAt(tokens, b.minIndex(b.add(at, b.index(blockTokens)), last)));
      }
      Row key = cacheRow(op.getKey(), token);
      Value sum;
      for (int64_t i = 0; i < chunks; ++i) {
        Value k = toF32(b.loadVector(element, lanes, key, {b.index(i * lanes)}));
        sum = sum ? multiplyAdd(b, q[i], k, sum) : arith::MulFOp::create(b, q[i], k).getResult();
      }
      Value dot = vector::ReductionOp::create(b, vector::CombiningKind::ADD, sum, arith::FastMathFlags::reassoc);
      b.store(arith::MulFOp::create(b, dot, b.f32(scale)), {scores, {}}, {slot});
    });

    // The new maximum; an all -inf set keeps weights of 0 instead of NaN.
    Value before = b.load({maximum, {row}}, {});
    SmallVector<Value> s;
    Value block;
    for (int64_t i = 0; i < blockTokens; i += 16) {
      s.push_back(b.loadVector(b.getF32Type(), 16, {scores, {}}, {b.index(i)}));
      block = block ? arith::MaxNumFOp::create(b, block, s.back()).getResult() : s.back();
    }
    Value largest = vector::ReductionOp::create(b, vector::CombiningKind::MAXNUMF, block);
    Value after = arith::MaxNumFOp::create(b, before, largest);
    Value finiteMax = arith::SelectOp::create(
        b, arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, after, b.f32(-std::numeric_limits<double>::infinity())),
        b.f32(0.0), after);
    Value correction = expOfNonPositiveScalar(b, arith::SubFOp::create(b, before, finiteMax));
    Value weightSum;
    for (auto [i, chunk] : llvm::enumerate(s)) {
      Value p = expOfNonPositive(b, arith::SubFOp::create(b, chunk, b.splat(finiteMax, 16)));
      b.storeVector(p, {scores, {}}, {b.index(i * 16)});
      weightSum = weightSum ? arith::AddFOp::create(b, weightSum, p).getResult() : p;
    }
    Value added = vector::ReductionOp::create(b, vector::CombiningKind::ADD, weightSum, arith::FastMathFlags::reassoc);
    Value total =
        arith::AddFOp::create(b, arith::MulFOp::create(b, b.load({denominator, {row}}, {}), correction), added);
    b.store(after, {maximum, {row}}, {});
    b.store(total, {denominator, {row}}, {});

    // The output so far, corrected, plus the block's weighted values.
    Row target = b.getRow(op.getOutput(), row);
    SmallVector<Value> output;
    for (int64_t i = 0; i < chunks; ++i)
      output.push_back(arith::MulFOp::create(b, b.loadVector(b.getF32Type(), lanes, target, {b.index(i * lanes)}),
                                             b.splat(correction, lanes)));
    output = b.forLoop(b.index(0), count, 1, output, [&](Value slot, ValueRange sums) {
      Row value = cacheRow(op.getValue(), tokenAt(tokens, b.add(start, slot)));
      Value weight = b.splat(b.load({scores, {}}, {slot}), lanes);
      SmallVector<Value> next;
      for (int64_t i = 0; i < chunks; ++i)
        next.push_back(
            multiplyAdd(b, weight, toF32(b.loadVector(element, lanes, value, {b.index(i * lanes)})), sums[i]));
      return next;
    });
    for (int64_t i = 0; i < chunks; ++i)
      b.storeVector(output[i], target, {b.index(i * lanes)});
  }

  /// Divides by the denominator; att-3: the empty set keeps o = 0 and lse = -inf.
  void finish(Value row) {
    Value total = b.load({denominator, {row}}, {});
    Value empty = b.compare(arith::CmpIPredicate::sle, getTokens(row).count, b.index(0));
    Value divisor = b.splat(arith::SelectOp::create(b, empty, b.f32(1.0), total), lanes);
    Row target = b.getRow(op.getOutput(), row);
    for (int64_t i = 0; i < chunks; ++i) {
      Value chunk = b.loadVector(b.getF32Type(), lanes, target, {b.index(i * lanes)});
      b.storeVector(arith::DivFOp::create(b, chunk, divisor), target, {b.index(i * lanes)});
    }
    Value lse = arith::AddFOp::create(b, b.load({maximum, {row}}, {}), math::LogOp::create(b, total));
    b.store(arith::SelectOp::create(b, empty, b.f32(-std::numeric_limits<double>::infinity()), lse),
            b.getRow(op.getLse(), row), {});
  }

  KernelBuilder &b;
  PartialAttentionOp op;
  Type element;
  int64_t dim, lanes, chunks;
  float scale;
  int64_t rows;
  Value query, maximum, denominator, scores;
};
} // namespace

LogicalResult mlir::adamas::emitPartialAttention(KernelBuilder &b, PartialAttentionOp op) {
  int64_t dim = op.getQuery().getType().getShape().back();
  if (dim % rowLanes(b, dim) != 0)
    return op.emitOpError() << "expects a head dimension of whole vectors of " << rowLanes(b, dim) << " lanes, but got "
                            << dim;
  PartialAttention(b, op).emit();
  return success();
}

LogicalResult mlir::adamas::emitMergeAttention(KernelBuilder &b, MergeAttentionOp op) {
  auto shape = op.getOutput().getType().getShape();
  int64_t dim = shape.back(), ways = shape[shape.size() - 2], lanes = rowLanes(b, dim), chunks = dim / lanes;
  Type element = op.getElementType();
  double infinity = std::numeric_limits<double>::infinity();
  b.allocate(op.getMerged(), element, {b.getIndexAttr(dim)});
  b.allocate(op.getMergedLse(), b.getF32Type(), {});
  b.forRows(b.countRows(op.getLse()), [&](Value row) {
    auto lseOf = [&](Value part) { return b.load(b.getRow(op.getLse(), row, part), {}); };
    Value largest = b.forLoop(b.index(0), b.index(ways), 1, b.f32(-infinity), [&](Value part, ValueRange most) {
      return SmallVector<Value>{arith::MaxNumFOp::create(b, most[0], lseOf(part))};
    })[0];
    // Every part empty: their outputs, 0, add up as they are.
    Value empty = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, largest, b.f32(-infinity));
    SmallVector<Value> state(chunks + 1, b.splatF32(0.0, lanes));
    state[chunks] = b.f32(0.0);
    state = b.forLoop(b.index(0), b.index(ways), 1, state, [&](Value part, ValueRange sums) {
      Value weight = expOfNonPositiveScalar(b, arith::SubFOp::create(b, lseOf(part), largest));
      weight = arith::SelectOp::create(b, empty, b.f32(1.0), weight);
      SmallVector<Value> next;
      for (int64_t i = 0; i < chunks; ++i) {
        Value o = b.loadVector(b.getF32Type(), lanes, b.getRow(op.getOutput(), row, part), {b.index(i * lanes)});
        next.push_back(multiplyAdd(b, b.splat(weight, lanes), o, sums[i]));
      }
      next.push_back(arith::AddFOp::create(b, sums[chunks], weight));
      return next;
    });
    Value divisor = b.splat(state[chunks], lanes);
    for (int64_t i = 0; i < chunks; ++i) {
      Value chunk = arith::DivFOp::create(b, state[i], divisor);
      if (!element.isF32())
        chunk = arith::TruncFOp::create(b, b.vectorType(element, lanes), chunk);
      b.storeVector(chunk, b.getRow(op.getMerged(), row), {b.index(i * lanes)});
    }
    Value lse = arith::AddFOp::create(b, largest, math::LogOp::create(b, state[chunks]));
    b.store(arith::SelectOp::create(b, empty, b.f32(-infinity), lse), b.getRow(op.getMergedLse(), row), {});
  });
  return success();
}
