// Attention in f64 over lists of tokens or all visible ones, and the merge of partial results (spec att-1..4).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Attention.h"

#include "adamas/Reference/Rules.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir::adamas;
using namespace mlir::adamas::reference;

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// Elements `first ..` of a tensor, converted exactly. The type is looked up once a vector, not once an element.
static void readVector(const Tensor &tensor, int64_t first, llvm::MutableArrayRef<double> values) {
  size_t size = values.size();
  switch (tensor.dtype()) {
  case DType::F32:
    llvm::copy(tensor.as<float>().slice(first, size), values.begin());
    return;
  case DType::F16:
    llvm::transform(tensor.as<uint16_t>().slice(first, size), values.begin(), halfToFloat);
    return;
  case DType::BF16:
    llvm::transform(tensor.as<uint16_t>().slice(first, size), values.begin(), bfloatToFloat);
    return;
  default:
    for (size_t j = 0; j < size; ++j)
      values[j] = tensor.getFloat(first + j);
  }
}

namespace {
/// One entry of the result: a query vector and the keys and values of its KV head.
struct Entry {
  llvm::ArrayRef<double> query;
  const Tensor &key, &value;
  int64_t firstVector; // of token 0 in `key` and `value`
  double scale;
};
} // namespace

/// o = sum over the set of softmax(scale q . k) v, all in f64 (att-1), into entry `at` of `result`.
static void attendSet(const Entry &entry, llvm::ArrayRef<int32_t> tokens, ExactAttention &result, int64_t at) {
  int64_t dim = result.dim;
  llvm::MutableArrayRef<double> output = llvm::MutableArrayRef<double>(result.output).slice(at * dim, dim);
  if (tokens.empty()) {
    result.lse[at] = -infinity; // att-3; the output is 0 already
    return;
  }
  std::vector<double> scores, vector(dim);
  bool finite = true;
  for (int32_t n : tokens) {
    readVector(entry.key, (entry.firstVector + n) * dim, vector);
    double sum = 0;
    for (int64_t j = 0; j < dim; ++j)
      sum += entry.query[j] * vector[j];
    double score = entry.scale * sum;
    // A score that f32 cannot hold is not finite to those who compute as att-1 says.
    finite &= std::fabs(score) <= std::numeric_limits<float>::max();
    result.largestScore[at] = std::max(result.largestScore[at], std::fabs(score));
    scores.push_back(score);
  }
  double largest = *llvm::max_element(scores);
  double denominator = 0;
  for (auto [score, n] : llvm::zip(scores, tokens)) {
    double weight = std::exp(score - largest);
    denominator += weight;
    readVector(entry.value, (entry.firstVector + n) * dim, vector);
    for (int64_t j = 0; j < dim; ++j) {
      finite &= std::isfinite(vector[j]);
      output[j] += weight * vector[j];
    }
  }
  for (double &o : output) {
    o /= denominator;
    finite &= std::isfinite(o);
  }
  // att-4: tokens whose scores are all -inf have no softmax (o is NaN), and no weight beside other parts.
  result.lse[at] = largest == -infinity ? -infinity : largest + std::log(denominator);
  result.finite[at] = finite;
}

/// Every row and part over the tokens that `tokensOf` gives for sequence, query token, query head and part.
static llvm::Expected<ExactAttention>
attend(const Tensor &query, const Tensor &key, const Tensor &value, std::optional<double> scale, int64_t parts,
       llvm::function_ref<llvm::Expected<llvm::ArrayRef<int32_t>>(int64_t, int64_t, int64_t, int64_t)> tokensOf) {
  llvm::Expected<Rows> rows = getRows("query", query, 1);
  if (!rows)
    return rows.takeError();
  if (llvm::Error error = expectBatch("key", key, rows->batch))
    return std::move(error);
  if (llvm::Error error = expectShape("value", value, key.shape()))
    return std::move(error);
  int64_t dim = query.dim(-1), kvHeads = key.dim(1), tokens = key.dim(2), group = rows->heads / kvHeads;
  int64_t entries = rows->count() * parts;
  ExactAttention result{*rows, parts, dim, query.dtype(), {}, {}, {}, {}};
  if (llvm::Error error = checkFits(DType::F64, {entries, dim}))
    return std::move(error);
  result.output.assign(entries * dim, 0.0);
  result.lse.assign(entries, 0.0);
  result.largestScore.assign(entries, 0.0);
  result.finite.assign(entries, true);
  std::vector<double> vector(dim);
  for (int64_t b = 0; b < rows->batch; ++b)
    for (int64_t i = 0; i < rows->queryTokens; ++i)
      for (int64_t h = 0; h < rows->heads; ++h) {
        int64_t row = rows->at(b, i, h), keyBatch = key.dim(0) == 1 ? 0 : b;
        readVector(query, row * dim, vector);
        Entry entry{vector, key, value, (keyBatch * kvHeads + h / group) * tokens,
                    scale.value_or(1.0 / std::sqrt(double(dim)))};
        for (int64_t p = 0; p < parts; ++p) {
          auto set = tokensOf(b, i, h, p);
          if (!set)
            return set.takeError();
          attendSet(entry, *set, result, row * parts + p);
        }
      }
  return result;
}

llvm::Expected<ExactAttention> mlir::adamas::attendListed(const Tensor &query, const Tensor &key, const Tensor &value,
                                                          const Tensor &indices, const Tensor &lengths,
                                                          std::optional<double> scale) {
  bool hasParts = indices.rank() == query.rank() + 1;
  llvm::Expected<Rows> rows = getRows("query", query, 1), lists = getRows("indices", indices, hasParts ? 2 : 1);
  if (!rows)
    return llvm::joinErrors(rows.takeError(), lists.takeError());
  if (!lists)
    return lists.takeError();
  int64_t parts = hasParts ? indices.dim(-2) : 1, width = indices.dim(-1), tokens = key.dim(2);
  if (lists->heads != rows->heads && lists->heads != key.dim(1)) // sel-4
    return ruleError("expects 'indices' to have one list per query head, {0}, or per KV head, {1}, but got {2}",
                     rows->heads, key.dim(1), lists->heads);
  Rows expected = rows->withHeads(lists->heads);
  if (llvm::Error error =
          expectShape("indices", indices, hasParts ? expected.shape({parts, width}) : expected.shape({width})))
    return std::move(error);
  if (llvm::Error error = expectShape("lengths", lengths, indices.shape().drop_back()))
    return std::move(error);
  int64_t share = rows->heads / lists->heads; // query heads that use one list
  return attend(query, key, value, scale, parts,
                [&](int64_t b, int64_t i, int64_t h, int64_t p) -> llvm::Expected<llvm::ArrayRef<int32_t>> {
                  int64_t list = lists->at(b, i, h / share) * parts + p, length = lengths.getInt(list);
                  std::string where = lists->describe(b, i, h / share);
                  if (length < 0 || length > width)
                    return ruleError("expects 'lengths' to be from 0 to {0}, but got {1} at {2}", width, length, where);
                  auto positions =
                      readList("indices", indices.as<int32_t>().slice(list * width, length), tokens, where);
                  if (positions && int64_t(positions->size()) != length)
                    return ruleError("expects 'indices' to hold 'lengths' {0} positions, but got {1} at {2}", length,
                                     positions->size(), where);
                  return positions;
                });
}

llvm::Expected<ExactAttention> mlir::adamas::attendVisible(const Tensor &query, const Tensor &key, const Tensor &value,
                                                           const Tensor &seqLens, const Tensor *parts,
                                                           std::optional<double> scale) {
  llvm::Expected<Rows> rows = getRows("query", query, 1);
  if (!rows)
    return rows.takeError();
  auto visible = getVisibleLengths(*rows, &seqLens, key.dim(2));
  if (!visible)
    return visible.takeError();
  if (parts)
    if (llvm::Error error = checkParts(*parts, visible->empty() ? 0 : *llvm::max_element(*visible)))
      return std::move(error);
  std::vector<int32_t> all(key.dim(2));
  for (size_t n = 0; n < all.size(); ++n)
    all[n] = n;
  int64_t ways = parts ? parts->size() - 1 : 1;
  return attend(query, key, value, scale, ways,
                [&](int64_t b, int64_t i, int64_t, int64_t p) -> llvm::Expected<llvm::ArrayRef<int32_t>> {
                  int64_t length = (*visible)[b * rows->queryTokens + i];
                  int64_t begin = parts ? std::min<int64_t>(parts->getInt(p), length) : 0;
                  int64_t end = parts ? std::min<int64_t>(parts->getInt(p + 1), length) : length;
                  return llvm::ArrayRef<int32_t>(all).slice(begin, end - begin);
                });
}

static RoundedAttention roundTo(const ExactAttention &exact, DType dtype, llvm::ArrayRef<int64_t> rowShape) {
  llvm::SmallVector<int64_t> shape(rowShape);
  shape.push_back(exact.dim);
  RoundedAttention result{Tensor(dtype, shape), Tensor(DType::F32, rowShape)};
  for (auto [i, value] : llvm::enumerate(exact.output))
    result.output.setFloat(i, value);
  for (auto [i, value] : llvm::enumerate(exact.lse))
    result.lse.setFloat(i, value);
  return result;
}

RoundedAttention mlir::adamas::roundAttention(const ExactAttention &exact) {
  return roundTo(exact, exact.dtype, exact.rows.shape());
}

RoundedAttention mlir::adamas::roundPartialAttention(const ExactAttention &exact) {
  return roundTo(exact, DType::F32, exact.rows.shape({exact.parts}));
}

llvm::Expected<RoundedAttention> mlir::adamas::mergeAttention(const Tensor &output, const Tensor &lse, DType dtype) {
  if (llvm::Error error = expectShape("lse", lse, output.shape().drop_back()))
    return std::move(error);
  int64_t parts = output.dim(-2), dim = output.dim(-1);
  llvm::SmallVector<int64_t> shape(output.shape().drop_back(2));
  RoundedAttention result{Tensor(), Tensor(DType::F32, shape)};
  shape.push_back(dim);
  result.output = Tensor(dtype, shape);
  for (int64_t row = 0; row < result.lse.size(); ++row) {
    double largest = -infinity;
    for (int64_t p = 0; p < parts; ++p)
      largest = std::max(largest, lse.getFloat(row * parts + p));
    double total = 0; // sum of exp(lse_p - largest)
    std::vector<double> sum(dim, 0.0);
    for (int64_t p = 0; p < parts; ++p) {
      double partLse = lse.getFloat(row * parts + p);
      // The empty set is neutral, so its weight is 0, unless all parts are like it: then their outputs add up to zeros,
      // or to NaN where all scores were -inf.
      if (partLse == -infinity && largest != -infinity)
        continue;
      double weight = partLse == largest ? 1.0 : std::exp(partLse - largest);
      total += weight;
      for (int64_t j = 0; j < dim; ++j)
        sum[j] += weight * output.getFloat((row * parts + p) * dim + j);
    }
    for (int64_t j = 0; j < dim; ++j)
      result.output.setFloat(row * dim + j, sum[j] / total);
    result.lse.setFloat(row, largest + std::log(total));
  }
  return result;
}
