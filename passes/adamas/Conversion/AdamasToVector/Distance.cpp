// adamas.l1_distance and adamas.weighted_distance for CPUs: bit-serial engines over a vector of tokens.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/Popcount.h"

using namespace mlir;
using namespace mlir::adamas;

namespace {
/// Key words of a vector of tokens: `words[plane][word]`, the planes that are read, least significant first.
using KeyWords = SmallVector<SmallVector<Value>>;

/// A metric on a CPU: what it keeps of a query in scratch memory, and how it measures a vector of tokens.
class DistanceEngine {
public:
  DistanceEngine(KernelBuilder &b, DistanceOpInterface op)
      : b(b), op(op), planes(op.getPlanesRead()),
        codes(cast<CodesType>(cast<ShapedType>(op.getKeyCodes().getType()).getElementType())) {}
  virtual ~DistanceEngine() = default;
  /// Fills the tables, one row for each row of the query's side.
  virtual void prepare() = 0;
  /// Distances of row `row` of the result to the tokens of `key`, 32 bits a lane.
  virtual Value measure(const KeyWords &key, Value row) = 0;

protected:
  /// The table's words `entry`, `word` of row `row` in every lane.
  Value query(Value row, int64_t entry, int64_t word) {
    return b.splat(b.load({table, {row}}, {b.index(entry), b.index(word)}), b.cpu.getLanes());
  }
  void allocateTable(int64_t entries) {
    table = b.scratch(b.getI32Type(), {b.getIndexAttr(b.countRows(op.getQuerySide())), b.getIndexAttr(entries),
                                       b.getIndexAttr(codes.getWords())});
  }
  Value andOf(Value x, Value y) { return arith::AndIOp::create(b, x, y); }
  Value orOf(Value x, Value y) { return arith::OrIOp::create(b, x, y); }
  Value xorOf(Value x, Value y) { return arith::XOrIOp::create(b, x, y); }

  KernelBuilder &b;
  DistanceOpInterface op;
  int64_t planes;
  CodesType codes;
  Value table;
};

/// L1 (dst-3): thermometer planes for one and two bits, a bit-sliced subtraction for three and four.
class L1Engine : public DistanceEngine {
public:
  using DistanceEngine::DistanceEngine;

  void prepare() override {
    allocateTable(planes == 2 ? 3 : planes);
    Value side = op.getQuerySide();
    b.forRows(b.countRows(side), [&](Value row) {
      for (int64_t word = 0; word < codes.getWords(); ++word) {
        SmallVector<Value> entries;
        for (int64_t plane = codes.getBits() - planes; plane < codes.getBits(); ++plane)
          entries.push_back(b.load(b.getRow(side, row), {b.index(plane), b.index(word)}));
        if (planes == 2)
          entries = thermometer(entries);
        for (auto [i, entry] : llvm::enumerate(entries))
          b.store(entry, {table, {row}}, {b.index(i), b.index(word)});
      }
    });
  }

  Value measure(const KeyWords &key, Value row) override {
    int64_t group = b.countRows(op.getQuerySide()) / b.countRows(op->getResult(0));
    if (group == 1)
      return measureHead(key, row);
    // sel-4: the distances of the heads of a group are summed.
    Value first = arith::MulIOp::create(b, row, b.index(group));
    return b.forLoop(b.index(0), b.index(group), 1, b.splatI32(0, b.cpu.getLanes()), [&](Value g, ValueRange sum) {
      return SmallVector<Value>{b.add(sum[0], measureHead(key, b.add(first, g)))};
    })[0];
  }

private:
  SmallVector<Value> thermometer(ArrayRef<Value> code) {
    return {orOf(code[0], code[1]), code[1], andOf(code[0], code[1])};
  }

  Value measureHead(const KeyWords &key, Value row) {
    PopcountSum sum(b);
    for (int64_t word = 0; word < codes.getWords(); ++word) {
      SmallVector<Value> code;
      for (int64_t plane = 0; plane < planes; ++plane)
        code.push_back(key[plane][word]);
      if (planes <= 2) {
        SmallVector<Value> entries = planes == 2 ? thermometer(code) : code;
        for (auto [i, entry] : llvm::enumerate(entries))
          sum.add(xorOf(entry, query(row, i, word)), 0);
      } else {
        addSubtraction(sum, code, row, word);
      }
    }
    return sum.finish();
  }

  /// |k - q| of every coordinate at once: difference and borrow plane by plane; where the last borrow s is set the
  /// difference is negative and its magnitude is its complement plus one, so the sum over coordinates is sum_i 2^i
  /// popc(d_i ^ s) + popc(s).
  void addSubtraction(PopcountSum &sum, ArrayRef<Value> code, Value row, int64_t word) {
    SmallVector<Value> difference;
    Value borrow;
    for (auto [plane, k] : llvm::enumerate(code)) {
      Value q = query(row, plane, word);
      Value unequal = xorOf(k, q);
      if (!borrow) {
        difference.push_back(unequal);
        borrow = andOf(unequal, q);
        continue;
      }
      difference.push_back(xorOf(unequal, borrow));
      // Where the bits differ q decides, else the borrow passes on.
      borrow = xorOf(borrow, andOf(unequal, xorOf(borrow, q)));
    }
    for (auto [plane, d] : llvm::enumerate(difference))
      sum.add(xorOf(d, borrow), plane);
    sum.add(borrow, 0);
  }
};

/// Weighted (wgt-3): m - c is the complement of c, so with the sign plane S (w > 0) and the magnitude planes A_t
/// the distance is sum over planes p, t of 2^(p + t) popc(A_t & (C_p ^ S)).
class WeightedEngine : public DistanceEngine {
public:
  WeightedEngine(KernelBuilder &b, WeightedDistanceOp op) : DistanceEngine(b, op), weights(op.getWeights()) {
    int64_t cap = 128;
    // A caller's weights may be anything an i8 holds.
    if (auto weigh = getYieldedValue(weights).getDefiningOp<WeighOp>())
      cap = weigh.getCap();
    while ((int64_t(1) << magnitudes) <= cap)
      ++magnitudes;
  }

  void prepare() override {
    allocateTable(magnitudes + 1);
    Value zero = b.splat(arith::ConstantIntOp::create(b, 0, 8), 32);
    b.forRows(b.countRows(weights), [&](Value row) {
      b.forLoop(b.index(0), b.index(codes.getWords()), 1, [&](Value word) {
        Value w =
            b.loadVector(b.getI8Type(), 32, b.getRow(weights, row), {arith::MulIOp::create(b, word, b.index(32))});
        Value positive = b.compare(arith::CmpIPredicate::sgt, w, zero);
        b.store(packMask(b, positive), {table, {row}}, {b.index(magnitudes), word});
        Value magnitude = arith::SelectOp::create(b, positive, w, b.sub(zero, w));
        for (int64_t t = 0; t < magnitudes; ++t) {
          Value bit = b.splat(arith::ConstantIntOp::create(b, int8_t(1 << t), 8), 32);
          Value set = b.compare(arith::CmpIPredicate::ne, andOf(magnitude, bit), zero);
          b.store(packMask(b, set), {table, {row}}, {b.index(t), word});
        }
      });
    });
  }

  Value measure(const KeyWords &key, Value row) override {
    PopcountSum sum(b);
    for (int64_t word = 0; word < codes.getWords(); ++word) {
      Value sign = query(row, magnitudes, word);
      SmallVector<Value> corner;
      for (int64_t plane = 0; plane < planes; ++plane)
        corner.push_back(xorOf(key[plane][word], sign));
      for (int64_t t = 0; t < magnitudes; ++t) {
        Value magnitude = query(row, t, word);
        for (int64_t plane = 0; plane < planes; ++plane)
          sum.add(andOf(corner[plane], magnitude), plane + t);
      }
    }
    return sum.finish();
  }

private:
  Value weights;
  int64_t magnitudes = 0; ///< bits of the largest |w|
};
} // namespace

/// Narrows 32-bit distances to their storage type.
static Value toStorage(KernelBuilder &b, Value distances, Type element) {
  int64_t lanes = cast<VectorType>(distances.getType()).getDimSize(0);
  return element.isInteger(32) ? distances
                               : arith::TruncIOp::create(b, b.vectorType(element, lanes), distances).getResult();
}

/// The words of a vector of tokens from `token` on, which is a multiple of the lanes: the planes that are read.
static KeyWords loadKeyWords(KernelBuilder &b, DistanceOpInterface op, Value token) {
  auto codes = cast<CodesType>(cast<ShapedType>(op.getKeyCodes().getType()).getElementType());
  int64_t lanes = b.cpu.getLanes();
  Value tile = arith::DivUIOp::create(b, token, b.index(tileTokens));
  Value lane = lanes == tileTokens ? b.index(0) : arith::RemUIOp::create(b, token, b.index(tileTokens)).getResult();
  KeyWords key;
  for (int64_t plane = codes.getBits() - op.getPlanesRead(); plane < codes.getBits(); ++plane) {
    key.emplace_back();
    for (int64_t word = 0; word < codes.getWords(); ++word)
      key.back().push_back(
          b.loadVector(b.getI32Type(), lanes,
                       {b.getGlobal(op.getKeyCodes()),
                        {b.cacheBatch(op.getKeyCodes()), b.head, b.index(plane), tile, b.index(word), lane}},
                       {}));
  }
  return key;
}

/// All tokens of the work item's range, a vector of tokens at a time; every row of the work item shares the key words.
static void scanTokens(KernelBuilder &b, DistanceOpInterface op, DistanceEngine &engine, Value parts) {
  Value result = op->getResult(0), tile = b.index(tileTokens);
  int64_t rows = b.countRows(result);
  Type element = getDistanceStorageType(result);
  // The last query token sees the most.
  Value visible = b.getVisible(result, b.index(rows - 1), op.getLengths());
  Value padded = arith::MulIOp::create(b, arith::CeilDivUIOp::create(b, visible, tile), tile);
  b.allocate(result, element, {OpFoldResult(padded)});
  engine.prepare();
  auto [begin, end] = b.getPartRange(parts, visible);
  Value first = arith::MulIOp::create(b, arith::DivUIOp::create(b, begin, tile), tile);
  b.forLoop(first, end, b.cpu.getLanes(), [&](Value token) {
    KeyWords key = loadKeyWords(b, op, token);
    b.forRows(rows, [&](Value row) {
      b.storeVector(toStorage(b, engine.measure(key, row), element), b.getRow(result, row), {token});
    });
  });
}

// Candidates whose code words are asked for ahead: enough to cover a miss, few enough to stay in the first-level cache.
static constexpr int64_t prefetchDistance = 8;

/// Asks for the code words of the vector of tokens that holds the candidate `prefetchDistance` slots on.
static void prefetchCandidate(KernelBuilder &b, DistanceOpInterface op, const Row &list, Value slot,
                              int64_t candidates) {
  auto codes = cast<CodesType>(cast<ShapedType>(op.getKeyCodes().getType()).getElementType());
  Value ahead = b.minIndex(b.add(slot, b.index(prefetchDistance)), b.index(candidates - 1));
  // Padding asks for the first tokens, which is harmless.
  Value position = b.maxIndex(b.toIndex(b.load(list, {ahead})), b.index(0));
  Value tile = arith::DivUIOp::create(b, position, b.index(tileTokens));
  for (int64_t plane = codes.getBits() - op.getPlanesRead(); plane < codes.getBits(); ++plane)
    for (int64_t word = 0; word < codes.getWords(); ++word)
      memref::PrefetchOp::create(
          b, b.getGlobal(op.getKeyCodes()),
          ValueRange{b.cacheBatch(op.getKeyCodes()), b.head, b.index(plane), tile, b.index(word), b.index(0)},
          /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
}

/// The listed tokens. A list ascends, so the candidates of one vector of tokens follow each other: the vector is
/// measured once and each of them takes its lane. That reads the lines of memory that gathering would, in order.
static void scanCandidates(KernelBuilder &b, DistanceOpInterface op, DistanceEngine &engine) {
  Value result = op->getResult(0), list = op.getCandidateList();
  int64_t lanes = b.cpu.getLanes(), candidates = cast<ShapedType>(list.getType()).getShape().back();
  Type element = getDistanceStorageType(result);
  b.allocate(result, element, {b.getIndexAttr((candidates + tileTokens - 1) / tileTokens * tileTokens)});
  engine.prepare();
  Row measured{b.scratch(element, {b.getIndexAttr(lanes)}), {}};
  Value no = arith::ConstantIntOp::create(b, 0, 1);
  b.forRows(b.countRows(result), [&](Value row) {
    Row slots = b.getRow(list, row), target = b.getRow(result, row);
    auto positionAt = [&](Value slot) { return b.toIndex(b.load(slots, {slot})); };
    /// Whether `slot` is in the list and its position in [low, high).
    auto holds = [&](Value slot, Value low, Value high) {
      return b.ifElse(b.compare(arith::CmpIPredicate::slt, slot, b.index(candidates)), no, [&] {
        Value position = positionAt(slot);
        Value above = b.compare(arith::CmpIPredicate::sge, position, low);
        return SmallVector<Value>{
            arith::AndIOp::create(b, above, b.compare(arith::CmpIPredicate::slt, position, high))};
      })[0];
    };
    Value end = b.whileLoop(
        b.index(0), [&](ValueRange slot) { return holds(slot[0], b.index(0), b.index(INT32_MAX)); },
        [&](ValueRange slot) {
          prefetchCandidate(b, op, slots, slot[0], candidates);
          Value group = arith::DivUIOp::create(b, positionAt(slot[0]), b.index(lanes));
          Value first = arith::MulIOp::create(b, group, b.index(lanes));
          b.storeVector(toStorage(b, engine.measure(loadKeyWords(b, op, first), row), element), measured, {b.index(0)});
          return b.whileLoop(
              slot, [&](ValueRange next) { return holds(next[0], first, b.add(first, b.index(lanes))); },
              [&](ValueRange next) {
                Value lane = b.sub(positionAt(next[0]), first);
                b.store(b.load(measured, {lane}), target, {next[0]});
                return SmallVector<Value>{b.add(next[0], b.index(1))};
              });
        })[0];
    // ref-1: padded slots get -1, all ones in any width.
    Value none = arith::ConstantIntOp::create(b, -1, element.getIntOrFloatBitWidth());
    b.forLoop(end, b.index(candidates), 1, [&](Value slot) { b.store(none, target, {slot}); });
  });
}

Value mlir::adamas::getDistanceParts(DistanceOpInterface op) {
  for (Operation *user : getUsersAcrossKernels(op->getResult(0))) {
    if (auto histogram = dyn_cast<HistogramOp>(user); histogram && histogram.getParts())
      return histogram.getParts();
    if (auto compact = dyn_cast<CompactOp>(user); compact && compact.getParts())
      return compact.getParts();
  }
  return Value();
}

LogicalResult mlir::adamas::emitDistance(KernelBuilder &b, DistanceOpInterface op) {
  std::unique_ptr<DistanceEngine> engine;
  if (auto weighted = dyn_cast<WeightedDistanceOp>(op.getOperation()))
    engine = std::make_unique<WeightedEngine>(b, weighted);
  else
    engine = std::make_unique<L1Engine>(b, op);
  if (op.getCandidateList()) {
    scanCandidates(b, op, *engine);
    return success();
  }
  if (!op.getLengths())
    return op->emitOpError() << "expects 'seq_lens' on this target, but got none";
  scanTokens(b, op, *engine, getDistanceParts(op));
  return success();
}

void mlir::adamas::emitDistanceExport(KernelBuilder &b, DistanceOpInterface op, Value memory) {
  Value result = op->getResult(0);
  Type element = getDistanceStorageType(result);
  Value length = memref::DimOp::create(b, memory, cast<MemRefType>(memory.getType()).getRank() - 1);
  Value parts = op.getCandidateList() ? Value() : getDistanceParts(op);
  b.forRows(b.countRows(result), [&](Value row) {
    Row target{memory, b.getRow(result, row).indices};
    Value visible = op.getCandidateList() ? length : b.minIndex(length, b.getVisible(result, row, op.getLengths()));
    auto [begin, end] = b.getPartRange(parts, visible);
    b.forLoop(begin, end, 1, [&](Value token) {
      Value stored = b.load(b.getRow(result, row), {token});
      Value value = stored;
      if (element.isInteger(16)) {
        value = arith::ExtUIOp::create(b, b.getI32Type(), stored);
        value = arith::SelectOp::create(b, b.compare(arith::CmpIPredicate::eq, value, b.i32(0xffff)), b.i32(-1), value);
      }
      b.store(value, target, {token});
    });
    // What no row sees belongs to the first part.
    Value first = b.compare(arith::CmpIPredicate::eq, b.block, b.index(0));
    Value rest = parts ? arith::SelectOp::create(b, first, visible, length).getResult() : visible;
    b.forLoop(rest, length, 1, [&](Value token) { b.store(b.i32(-1), target, {token}); });
  });
}
