// Weighted distances by matrix products of bytes, codes by weights: every chip from sm_80 on has them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// wgt-3 as m sum_{w > 0} w - sum_j w_j c_j, the latter one product whatever the weights are. Bytes of codes come from
// bit planes: the planes of a word are interleaved, so that every code lies in a nibble of its own in one of four
// words, and a mask takes every other nibble. Of the coordinates r + 4 h + 8 j of a word, j = 0 .. 3, register r + 4 h
// has one a byte. Those with h = 1 stay in the upper nibble: their products are sixteen times as large and are summed
// apart, which a shift of the sum mends, rather than one of every register.

#include "adamas/Conversion/AdamasToGPU/ProductEngine.h"

using namespace mlir;
using namespace mlir::adamas;

namespace {
// Registers of bytes that a word of planes makes.
constexpr int64_t wordRegisters = 8;

/// Registers of one word: byte j of register i belongs to coordinate i + 8 j.
using ByteWord = std::array<Value, wordRegisters>;

class ByteEngine final : public ProductEngine {
public:
  ByteEngine(ThreadBuilder &b, WeightedDistanceOp op, ArrayRef<Value> rows)
      : ProductEngine(b, cast<DistanceOpInterface>(op.getOperation()), rows), weighted(op),
        pairs(llvm::divideCeil(rows.size(), 2)) {}

  void prepare() override {
    int64_t largest = (int64_t(1) << planes) - 1;
    for (Value row : rows)
      starts.push_back(b.mul(sumPositive(b, loadLaneWeights(b, weighted, row)), b.i32(largest)));
    if (pairs * words * wordRegisters <= mostRegisters())
      loadColumns();
    else
      storeColumns();
  }

  SmallVector<std::array<Value, 2>> measure(const KeyPair &keys) override {
    SmallVector<std::array<Value, 2>> distances;
    for (int64_t first = 0; first < pairs; first += pairsAtOnce) {
      int64_t count = std::min(pairsAtOnce, pairs - first);
      SmallVector<std::array<Totals, 2>> totals(count, {zeros(), zeros()}); // of lower and upper nibbles
      for (int64_t word = 0; word < words; ++word) {
        ByteWord a = spread(keys[0], word), c = spread(keys[1], word);
        for (int64_t pair = 0; pair < count; ++pair) {
          ByteWord columns = columnsOf(first + pair, word);
          for (int64_t i = 0; i < wordRegisters; i += 2) {
            Totals &total = totals[pair][i / 4];
            total = multiply(NVVM::MMATypes::u8, NVVM::MMATypes::s8, {a[i], a[i + 1]}, {c[i], c[i + 1]},
                             {columns[i], columns[i + 1]}, total);
          }
        }
      }
      for (const std::array<Totals, 2> &total : totals)
        for (int64_t column = 0; column < 2 && distances.size() < rows.size(); ++column) {
          distances.emplace_back();
          for (int64_t key = 0; key < 2; ++key) {
            Value upper = arith::ShRSIOp::create(b, total[1][2 * key + column], b.i32(4));
            Value start = b.sub(starts[distances.size() - 1], total[0][2 * key + column]);
            distances.back()[key] = b.sub(start, upper);
          }
        }
    }
    return distances;
  }

private:
  // Sums of so many pairs of rows are kept at once: more would take too many registers.
  static constexpr int64_t pairsAtOnce = 4;

  /// Registers of a lane for columns. A large CTA's threads have few, and keys are to be on their way in them too.
  int64_t mostRegisters() { return b.threads() > 256 ? 32 : 64; }

  //===--- keys ---===//

  /// Two words with the fields of `low` and `high`, `width` bits each, side by side: the even ones, then the odd ones.
  /// `high` null is anything, and so is what the result has in its place.
  std::array<Value, 2> interleave(Value low, Value high, int64_t width) {
    Value lowOdd = b.shiftRight(low, width);
    if (!high)
      return {low, lowOdd};
    int32_t mask = width == 1 ? 0x55555555 : 0x33333333;
    auto join = [&](Value x, Value y) { return b.orOf(b.andOf(x, b.i32(mask)), b.andOf(y, b.i32(~mask))); };
    return {join(low, b.shiftLeft(high, width)), join(lowOdd, high)};
  }

  /// The codes of one word of a key.
  ByteWord spread(const KeyWords &key, int64_t word) {
    auto plane = [&](int64_t i) { return i < planes ? key[i][word] : Value(); };
    std::array<Value, 2> low = interleave(plane(0), plane(1), 1), high;
    if (planes > 2)
      high = interleave(plane(2), plane(3), 1);
    ByteWord bytes;
    int32_t mask = ((1 << planes) - 1) * 0x01010101;
    for (int64_t odd = 0; odd < 2; ++odd)
      for (auto [i, nibbles] : llvm::enumerate(interleave(low[odd], high[odd], 2))) {
        bytes[2 * i + odd] = b.andOf(nibbles, b.i32(mask));
        bytes[2 * i + odd + 4] = b.andOf(nibbles, b.i32(int32_t(uint32_t(mask) << 4)));
      }
    return bytes;
  }

  //===--- columns ---===//

  /// The weights of word `word` of the row at `source`.
  ByteWord loadWeights(Value source, Value word) {
    auto type = VectorType::get({2}, b.getI32Type());
    std::array<std::array<Value, 4>, 2> halves; // eight coordinates each, two words of four
    for (int64_t j = 0; j < 4; ++j) {
      Value index = b.add(b.mul(word, b.i32(32)), b.i32(8 * j));
      Value loaded = b.load(type, b.offset(source, b.getI8Type(), index), 8);
      for (int64_t h = 0; h < 2; ++h)
        halves[h][j] = LLVM::ExtractElementOp::create(b, loaded, b.i32(h));
    }
    ByteWord bytes;
    for (int64_t h = 0; h < 2; ++h) {
      auto [x, y, z, w] = halves[h];
      // Bytes transposed: those at one place in four words make a word.
      for (int64_t i = 0; i < 2; ++i) {
        int64_t places = i ? 0x7362 : 0x5140;
        Value low = permute(x, y, places), high = permute(z, w, places);
        bytes[4 * h + 2 * i] = permute(low, high, 0x5410);
        bytes[4 * h + 2 * i + 1] = permute(low, high, 0x7632);
      }
    }
    return bytes;
  }

  /// Four of the eight bytes of `low` and `high`, a nibble of `places` each.
  Value permute(Value low, Value high, int64_t places) {
    return NVVM::PermuteOp::create(b, b.getI32Type(), low, high, b.i32(places), NVVM::PermuteMode::DEFAULT);
  }

  /// Every lane has its pieces of all columns in registers.
  void loadColumns() {
    for (int64_t pair = 0; pair < pairs; ++pair) {
      Value row = rows[2 * pair], holds = holdsColumn();
      if (2 * pair + 1 < int64_t(rows.size()))
        row = b.select(isSecond(), rows[2 * pair + 1], row);
      else
        holds = b.select(isSecond(), arith::ConstantIntOp::create(b, 0, 1), holds);
      Value source = b.rowAddress(weighted.getWeights(), row, {});
      for (int64_t word = 0; word < words; ++word) {
        columns.push_back(loadWeights(source, b.i32(word)));
        for (Value &bytes : columns.back())
          bytes = b.select(holds, bytes, b.i32(0));
      }
    }
  }

  /// All rows lie in shared memory, and after them one of zeros, where lanes whose piece is zero read.
  void storeColumns() {
    int64_t rowBytes = words * wordRegisters * 4, count = rows.size();
    Value memory = b.allocateShared((count + 1) * rowBytes);
    b.forThreads(b.i32((count + 1) * words), [&](Value item) {
      Value row = b.div(item, b.i32(words)), word = b.rem(item, b.i32(words));
      Value inside = b.lessThan(row, b.i32(count));
      Value source = b.rowAddress(weighted.getWeights(), b.add(rows[0], b.minOf(row, b.i32(count - 1))), {});
      ByteWord bytes = loadWeights(source, word);
      Value target = b.offset(memory, b.getI8Type(), b.mul(item, b.i32(wordRegisters * 4)));
      for (int64_t i = 0; i < wordRegisters; i += 4) {
        Value chunk = LLVM::PoisonOp::create(b, VectorType::get({4}, b.getI32Type()));
        for (int64_t j = 0; j < 4; ++j)
          chunk = LLVM::InsertElementOp::create(b, chunk, b.select(inside, bytes[i + j], b.i32(0)), b.i32(j));
        b.store(chunk, b.offset(target, b.getI32Type(), b.i32(i)), 16);
      }
    });
    b.barrier();
    Value odd = b.select(isSecond(), b.i32(1), b.i32(0));
    for (int64_t pair = 0; pair < pairs; ++pair) {
      // The row after the last is that of zeros.
      Value row = b.select(holdsColumn(), b.add(b.i32(2 * pair), odd), b.i32(count));
      sources.push_back(b.offset(memory, b.getI8Type(), b.mul(row, b.i32(rowBytes))));
    }
  }

  ByteWord columnsOf(int64_t pair, int64_t word) {
    if (sources.empty())
      return columns[pair * words + word];
    ByteWord bytes;
    for (int64_t i = 0; i < wordRegisters; i += 4) {
      Value source = b.offset(sources[pair], b.getI32Type(), b.i32(word * wordRegisters + i));
      Value loaded = b.load(VectorType::get({4}, b.getI32Type()), source, 16);
      for (int64_t j = 0; j < 4; ++j)
        bytes[i + j] = LLVM::ExtractElementOp::create(b, loaded, b.i32(j));
    }
    return bytes;
  }

  WeightedDistanceOp weighted;
  int64_t pairs;                 ///< of rows: two columns each
  SmallVector<Value> starts;     ///< m sum_{w > 0} w of every row
  SmallVector<ByteWord> columns; ///< `[pair][word]`, where they are in registers
  SmallVector<Value> sources;    ///< of every pair, where they are in shared memory
};
} // namespace

std::unique_ptr<DistanceEngine> mlir::adamas::createByteEngine(ThreadBuilder &b, WeightedDistanceOp op,
                                                               ArrayRef<Value> rows) {
  return std::make_unique<ByteEngine>(b, op, rows);
}
