// Selections that others make from the same data: exact top-k, Quest, sinks with recent tokens.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Baselines.h"

#include "adamas-run/Parallel.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir::adamas;

static constexpr double infinity = std::numeric_limits<double>::infinity();

namespace {
/// One query head and what it sees, in f32, which holds the data exactly.
struct Row {
  llvm::ArrayRef<float> query;
  const float *keys; ///< `[length, D]`
  int64_t length;
};

/// Hands out rows of the data.
class Rows {
public:
  explicit Rows(const Inputs &inputs)
      : inputs(inputs), query(inputs.query.castTo(DType::F32)), key(inputs.key.castTo(DType::F32)) {}

  int64_t count() const { return inputs.batch() * inputs.queryTokens() * inputs.queryHeads(); }

  Row at(int64_t row) const {
    int64_t heads = inputs.queryHeads(), dim = inputs.headDim();
    int64_t head = row % heads, token = row / heads % inputs.queryTokens(),
            sequence = row / heads / inputs.queryTokens();
    int64_t kvHead = head / (heads / inputs.kvHeads()), cache = inputs.key.dim(0) == 1 ? 0 : sequence;
    return {query.as<float>().slice(row * dim, dim),
            key.as<float>().data() + (cache * inputs.kvHeads() + kvHead) * inputs.tokens() * dim,
            inputs.visible(sequence, token)};
  }

private:
  const Inputs &inputs;
  Tensor query, key;
};
} // namespace

/// The `count` positions with the largest score, ties to the newest.
static std::vector<int32_t> rank(std::vector<double> scores, int64_t count) {
  for (double &score : scores)
    if (std::isnan(score))
      score = -infinity;
  std::vector<int32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  count = std::min<int64_t>(count, order.size());
  std::partial_sort(order.begin(), order.begin() + count, order.end(),
                    [&](int32_t a, int32_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a > b; });
  order.resize(count);
  return order;
}

/// As many as `select` may have to look at: all of a budget's tokens may be forced ones that rank first.
static int64_t rankedCount(int64_t largestBudget) { return 2 * largestBudget; }

Ranking Ranking::byScore(const Inputs &inputs, int64_t largestBudget, unsigned threads) {
  Rows rows(inputs);
  Ranking ranking;
  ranking.rows.resize(rows.count());
  parallelFor(threads, ranking.rows.size(), [&](size_t i) {
    Row row = rows.at(i);
    std::vector<double> scores(row.length);
    for (auto [n, score] : llvm::enumerate(scores))
      for (auto [j, q] : llvm::enumerate(row.query))
        score += double(q) * row.keys[n * row.query.size() + j];
    ranking.rows[i] = rank(std::move(scores), rankedCount(largestBudget));
  });
  return ranking;
}

/// The larger; NaN where one is, since such a page has no bound.
static double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }

Ranking Ranking::byPage(const Inputs &inputs, int64_t page, int64_t largestBudget, unsigned threads) {
  Rows rows(inputs);
  Ranking ranking;
  ranking.rows.resize(rows.count());
  parallelFor(threads, ranking.rows.size(), [&](size_t i) {
    Row row = rows.at(i);
    int64_t dim = row.query.size();
    std::vector<double> scores(row.length);
    for (int64_t begin = 0; begin < row.length; begin += page) {
      int64_t end = std::min(begin + page, row.length);
      double bound = 0;
      for (int64_t j = 0; j < dim; ++j) {
        double largest = row.keys[begin * dim + j], smallest = largest;
        for (int64_t n = begin + 1; n < end; ++n) {
          largest = larger(largest, row.keys[n * dim + j]);
          smallest = -larger(-smallest, -double(row.keys[n * dim + j]));
        }
        bound += larger(row.query[j] * largest, row.query[j] * smallest);
      }
      // Quest always reads the last page.
      std::fill(scores.begin() + begin, scores.begin() + end, end == row.length ? infinity : bound);
    }
    ranking.rows[i] = rank(std::move(scores), rankedCount(largestBudget));
  });
  return ranking;
}

/// -1 everywhere, `[B, (Nq,) Hq, budget]`.
static Tensor emptyLists(const Inputs &inputs, int64_t budget) {
  llvm::SmallVector<int64_t> shape(inputs.query.shape());
  shape.back() = budget;
  Tensor lists(DType::I32, shape);
  llvm::fill(lists.as<int32_t>(), -1);
  return lists;
}

/// What query head `row` sees.
static int64_t visibleOf(const Inputs &inputs, int64_t row) {
  int64_t vector = row / inputs.queryHeads();
  return inputs.visible(vector / inputs.queryTokens(), vector % inputs.queryTokens());
}

Tensor Ranking::select(const Inputs &inputs, int64_t budget, int64_t sink, int64_t recent) const {
  Tensor lists = emptyLists(inputs, budget);
  for (auto [row, order] : llvm::enumerate(rows)) {
    int64_t length = visibleOf(inputs, row);
    auto list = lists.as<int32_t>().slice(row * budget, budget);
    auto isForced = [&](int64_t n) { return n < sink || n >= length - recent; };
    int64_t count = 0;
    for (int64_t n = 0; n < std::min(sink, length); ++n)
      list[count++] = n;
    for (int64_t n = std::max(sink, length - recent); n < length; ++n)
      list[count++] = n;
    for (int32_t n : order) {
      if (count == budget)
        break;
      if (!isForced(n))
        list[count++] = n;
    }
    std::sort(list.begin(), list.begin() + count);
  }
  return lists;
}

Tensor mlir::adamas::selectSinkRecent(const Inputs &inputs, int64_t budget, int64_t sink) {
  Tensor lists = emptyLists(inputs, budget);
  for (int64_t row = 0, rows = lists.size() / std::max<int64_t>(budget, 1); row < rows; ++row) {
    int64_t length = visibleOf(inputs, row), count = 0;
    auto list = lists.as<int32_t>().slice(row * budget, budget);
    for (int64_t n = 0; n < length; ++n)
      if (n < sink || n >= length - (budget - sink))
        list[count++] = n;
  }
  return lists;
}

Tensor mlir::adamas::listLengths(const Tensor &indices) {
  Tensor lengths(DType::I32, indices.shape().drop_back());
  int64_t budget = indices.dim(-1);
  for (int64_t row = 0; row < lengths.size(); ++row)
    lengths.setInt(row,
                   llvm::count_if(indices.as<int32_t>().slice(row * budget, budget), [](int32_t n) { return n >= 0; }));
  return lengths;
}
