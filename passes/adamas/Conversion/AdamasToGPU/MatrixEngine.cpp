// Distances by binary matrix products: sums of popc(a & b) over 256 bits for 16 rows and 8 columns at once.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The products take a third of the cycles in which the memory brings the codes (BMMA m16n8k256: 6.2 cycles).

#include "adamas/Conversion/AdamasToGPU/ProductEngine.h"

using namespace mlir;
using namespace mlir::adamas;

namespace {
/// One product's columns: for every term (a plane's word) what this lane holds of the query's side.
using ColumnPair = SmallVector<Value>;

class MatrixEngine : public ProductEngine {
public:
  using ProductEngine::ProductEngine;

protected:
  /// This lane's registers of the columns `first` and `second` (null: zeros), given word by word, the same in every
  /// lane.
  ColumnPair makeColumns(ArrayRef<Value> first, ArrayRef<Value> second) {
    Value mine = holdsColumn(), odd = isSecond();
    ColumnPair columns;
    for (size_t term = 0; term < first.size(); ++term) {
      Value word = b.select(odd, second.empty() ? b.i32(0) : second[term], first[term]);
      columns.push_back(b.select(mine, word, b.i32(0)));
    }
    return columns;
  }

  /// Adds the products of the terms of both keys with `columns` to `totals`.
  Totals multiply(ArrayRef<Value> first, ArrayRef<Value> second, ArrayRef<Value> columns, Totals totals) {
    auto pairAt = [&](ArrayRef<Value> terms, size_t term) -> std::array<Value, 2> {
      return {terms[term], term + 1 < terms.size() ? terms[term + 1] : b.i32(0)};
    };
    for (size_t term = 0; term < first.size(); term += 2)
      totals = ProductEngine::multiply(NVVM::MMATypes::b1, NVVM::MMATypes::b1, pairAt(first, term),
                                       pairAt(second, term), pairAt(columns, term), totals);
    return totals;
  }
};

/// L1 (dst-3) over thermometer planes t: |t(q)| + |t(k)| - 2 popc(t(q) & t(k)). A column of ones gives |t(k)|.
class MatrixL1 final : public MatrixEngine {
public:
  using MatrixEngine::MatrixEngine;

  void prepare() override {
    // |t(q)| is the sum of q's codes. Every lane makes what it holds of the columns: ones, then row after row.
    for (Value row : rows)
      counts.push_back(sumCodes(row));
    int64_t last = int64_t(rows.size()) - 1;
    Value mine = holdsColumn(), odd = isSecond();
    for (int64_t column = 0; column <= int64_t(rows.size()); column += 2) {
      Value first = b.i32(std::max<int64_t>(column - 1, 0)), second = b.i32(std::min(column, last));
      SmallVector<SmallVector<Value>> query = queryCodes(b.add(rows[0], b.select(odd, second, first)));
      columns.emplace_back();
      for (int64_t word = 0; word < words; ++word) {
        SmallVector<Value> code;
        for (int64_t plane = 0; plane < planes; ++plane)
          code.push_back(query[plane][word]);
        for (Value plane : thermometer(b, code)) {
          if (column == 0)
            plane = b.select(odd, plane, b.i32(-1));
          if (column > last)
            plane = b.select(odd, b.i32(0), plane);
          columns.back().push_back(b.select(mine, plane, b.i32(0)));
        }
      }
    }
  }

  SmallVector<std::array<Value, 2>> measure(const KeyPair &keys) override {
    std::array<SmallVector<Value>, 2> terms;
    for (int64_t key = 0; key < 2; ++key)
      for (int64_t word = 0; word < words; ++word) {
        SmallVector<Value> code;
        for (int64_t plane = 0; plane < planes; ++plane)
          code.push_back(keys[key][plane][word]);
        terms[key].append(thermometer(b, code));
      }
    SmallVector<std::array<Value, 2>> products;
    for (const ColumnPair &pair : columns) {
      Totals totals = multiply(terms[0], terms[1], pair, zeros());
      products.push_back({totals[0], totals[2]});
      products.push_back({totals[1], totals[3]});
    }
    bool shared = cast<L1DistanceOp>(op.getOperation()).getPolicy() == Policy::PerKvHead;
    SmallVector<std::array<Value, 2>> distances(shared ? 1 : rows.size());
    for (size_t row = 0; row < rows.size(); ++row)
      for (int64_t key = 0; key < 2; ++key) {
        Value both = b.add(counts[row], products[0][key]);
        Value distance = b.sub(both, b.shiftLeft(products[1 + row][key], 1));
        Value &total = distances[shared ? 0 : row][key];
        total = sum(total, distance);
      }
    return distances;
  }

private:
  SmallVector<ColumnPair> columns;
  SmallVector<Value> counts; ///< |t(q)| of every row
};

/// Weighted (wgt-3): m sum_{w > 0} w - sum_j w_j c_j, with w in two's complement, a column a bit of it, and c plane by
/// plane from the top (Horner), so that both planes use the same columns.
class MatrixWeighted final : public MatrixEngine {
public:
  using MatrixEngine::MatrixEngine;

  void prepare() override {
    auto weighted = cast<WeightedDistanceOp>(op.getOperation());
    bits = weightBits(weighted);
    SmallVector<SmallVector<Value>> all;
    int64_t largest = (int64_t(1) << planes) - 1;
    for (Value row : rows) {
      WeightPlanes weights = loadWeightPlanes(b, weighted, row);
      llvm::append_range(all, weights.planes);
      starts.push_back(b.mul(weights.positiveSum, b.i32(largest)));
    }
    for (size_t i = 0; i < all.size(); i += 2)
      columns.push_back(makeColumns(all[i], i + 1 < all.size() ? ArrayRef<Value>(all[i + 1]) : ArrayRef<Value>()));
  }

  SmallVector<std::array<Value, 2>> measure(const KeyPair &keys) override {
    SmallVector<std::array<Value, 2>> products;
    for (const ColumnPair &pair : columns) {
      Totals totals = zeros();
      for (int64_t plane = planes; plane-- > 0;) {
        if (plane + 1 < planes)
          for (Value &total : totals)
            total = b.shiftLeft(total, 1);
        totals = multiply(keys[0][plane], keys[1][plane], pair, totals);
      }
      products.push_back({totals[0], totals[2]});
      products.push_back({totals[1], totals[3]});
    }
    SmallVector<std::array<Value, 2>> distances;
    for (size_t row = 0; row < rows.size(); ++row) {
      distances.emplace_back();
      for (int64_t key = 0; key < 2; ++key) {
        Value distance = starts[row];
        for (int64_t t = 0; t < bits; ++t) {
          Value term = b.shiftLeft(products[row * bits + t][key], t);
          // The sign's bit counts negative, and the whole is subtracted.
          distance = t + 1 == bits ? b.add(distance, term) : b.sub(distance, term);
        }
        distances.back()[key] = distance;
      }
    }
    return distances;
  }

private:
  int64_t bits = 0;
  SmallVector<ColumnPair> columns;
  SmallVector<Value> starts;
};
} // namespace

std::unique_ptr<DistanceEngine> mlir::adamas::createMatrixEngine(ThreadBuilder &b, DistanceOpInterface op,
                                                                 ArrayRef<Value> rows) {
  if (isa<WeightedDistanceOp>(op.getOperation()))
    return std::make_unique<MatrixWeighted>(b, op, rows);
  return std::make_unique<MatrixL1>(b, op, rows);
}
