// Distances by population counts: every chip has them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/DistanceEngine.h"

using namespace mlir;
using namespace mlir::adamas;

namespace {
/// A sum of population counts with powers of two as weights. With carry-save adders three words of one weight become
/// one of that weight and one of twice it before anything is counted: two LOP3 in place of a POPC of a quarter the
/// rate.
class PopcountSum {
public:
  PopcountSum(ThreadBuilder &b, bool carrySave) : b(b), carrySave(carrySave) {}

  void add(Value word, int64_t weight) {
    if (int64_t(pending.size()) <= weight)
      pending.resize(weight + 1);
    pending[weight].push_back(word);
    while (carrySave && pending[weight].size() >= 3) {
      Value x = pending[weight].pop_back_val(), y = pending[weight].pop_back_val(), z = pending[weight].pop_back_val();
      Value carry = b.orOf(b.andOf(x, y), b.andOf(z, b.orOf(x, y)));
      pending[weight].insert(pending[weight].begin(), b.xorOf(b.xorOf(x, y), z));
      add(carry, weight + 1);
    }
  }

  Value finish() {
    Value total;
    for (auto [weight, words] : llvm::enumerate(pending)) {
      Value counts;
      for (Value word : words)
        counts = counts ? b.add(counts, b.popcount(word)) : b.popcount(word);
      if (counts)
        total = total ? b.add(total, b.shiftLeft(counts, weight)) : b.shiftLeft(counts, weight);
    }
    return total;
  }

private:
  ThreadBuilder &b;
  bool carrySave;
  SmallVector<SmallVector<Value>> pending;
};

/// L1 (dst-3): thermometer planes for one and two bits, a bit-sliced subtraction for three and four.
class PopcountL1 final : public DistanceEngine {
public:
  PopcountL1(ThreadBuilder &b, DistanceOpInterface op, ArrayRef<Value> rows, bool carrySave)
      : DistanceEngine(b, op, rows), carrySave(carrySave) {}

  void prepare() override {
    for (Value row : rows) {
      table.emplace_back();
      SmallVector<SmallVector<Value>> query = queryCodes(row);
      for (int64_t word = 0; word < words; ++word) {
        SmallVector<Value> code;
        for (int64_t plane = 0; plane < planes; ++plane)
          code.push_back(query[plane][word]);
        table.back().push_back(planes <= 2 ? thermometer(b, code) : code);
      }
    }
  }

  SmallVector<std::array<Value, 2>> measure(const KeyPair &keys) override {
    // sel-4: the distances of the heads of a group are summed where they share a selection.
    int64_t results = rows.size() / group();
    SmallVector<std::array<Value, 2>> distances(results);
    for (int64_t key = 0; key < 2; ++key)
      for (size_t row = 0; row < rows.size(); ++row) {
        Value &total = distances[row / group()][key];
        total = sum(total, measureRow(keys[key], row));
      }
    return distances;
  }

private:
  int64_t group() {
    return cast<L1DistanceOp>(op.getOperation()).getPolicy() == Policy::PerKvHead ? int64_t(rows.size()) : 1;
  }

  Value measureRow(const KeyWords &key, size_t row) {
    PopcountSum total(b, carrySave);
    for (int64_t word = 0; word < words; ++word) {
      SmallVector<Value> code;
      for (int64_t plane = 0; plane < planes; ++plane)
        code.push_back(key[plane][word]);
      ArrayRef<Value> query = table[row][word];
      if (planes <= 2) {
        for (auto [k, q] : llvm::zip(thermometer(b, code), query))
          total.add(b.xorOf(k, q), 0);
        continue;
      }
      // |k - q| of every coordinate at once: difference and borrow plane by plane; where the last borrow s is set the
      // difference is negative and its magnitude is its complement plus one, so the sum over coordinates is sum_i 2^i
      // popc(d_i ^ s) + popc(s).
      SmallVector<Value> difference;
      Value borrow;
      for (auto [k, q] : llvm::zip(code, query)) {
        Value unequal = b.xorOf(k, q);
        if (!borrow) {
          difference.push_back(unequal);
          borrow = b.andOf(unequal, q);
          continue;
        }
        difference.push_back(b.xorOf(unequal, borrow));
        // Where the bits differ q decides, else the borrow passes on.
        borrow = b.xorOf(borrow, b.andOf(unequal, b.xorOf(borrow, q)));
      }
      for (auto [plane, d] : llvm::enumerate(difference))
        total.add(b.xorOf(d, borrow), plane);
      total.add(borrow, 0);
    }
    return total.finish();
  }

  bool carrySave;
  SmallVector<SmallVector<SmallVector<Value>>> table; ///< `[row][word][plane]`
};

/// Weighted (wgt-3), bit by bit: m - c is the complement of c, so with the sign plane S (w > 0) and the magnitude
/// planes A_t the distance is the sum over planes p, t of 2^(p + t) popc(A_t & (C_p ^ S)).
class PopcountWeighted final : public DistanceEngine {
public:
  PopcountWeighted(ThreadBuilder &b, DistanceOpInterface op, ArrayRef<Value> rows, bool carrySave)
      : DistanceEngine(b, op, rows), carrySave(carrySave) {}

  void prepare() override {
    auto weighted = cast<WeightedDistanceOp>(op.getOperation());
    // A magnitude fills the sign's bit only where it is 128, which `weigh` never gives.
    int64_t bits = weightBits(weighted), magnitudes = bits < 8 ? bits - 1 : bits;
    for (Value row : rows) {
      SmallVector<SmallVector<Value>> planesOfRow(magnitudes + 1);
      for (Value w : loadLaneWeights(b, weighted, row)) {
        Value positive = b.compare(arith::CmpIPredicate::sgt, w, b.i32(0));
        Value magnitude = b.select(positive, w, b.sub(b.i32(0), w));
        for (int64_t t = 0; t < magnitudes; ++t)
          planesOfRow[t].push_back(gatherBit(b, magnitude, t));
        planesOfRow.back().push_back(b.ballot(positive));
      }
      table.push_back(std::move(planesOfRow));
    }
  }

  SmallVector<std::array<Value, 2>> measure(const KeyPair &keys) override {
    SmallVector<std::array<Value, 2>> distances(rows.size());
    for (size_t row = 0; row < rows.size(); ++row)
      for (int64_t key = 0; key < 2; ++key) {
        PopcountSum total(b, carrySave);
        for (int64_t word = 0; word < words; ++word)
          for (int64_t plane = 0; plane < planes; ++plane) {
            Value corner = b.xorOf(keys[key][plane][word], table[row].back()[word]);
            for (size_t t = 0; t + 1 < table[row].size(); ++t)
              total.add(b.andOf(corner, table[row][t][word]), plane + t);
          }
        distances[row][key] = total.finish();
      }
    return distances;
  }

private:
  bool carrySave;
  SmallVector<SmallVector<SmallVector<Value>>> table; ///< `[row][magnitude planes, then sign][word]`
};
} // namespace

std::unique_ptr<DistanceEngine> mlir::adamas::createPopcountEngine(ThreadBuilder &b, DistanceOpInterface op,
                                                                   ArrayRef<Value> rows, bool carrySave) {
  if (isa<WeightedDistanceOp>(op.getOperation()))
    return std::make_unique<PopcountWeighted>(b, op, rows, carrySave);
  return std::make_unique<PopcountL1>(b, op, rows, carrySave);
}
