// Top-k, opened: partition, histogram, threshold, compact and join (spec sel-6).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Rows.h"
#include "adamas/Reference/Rules.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <algorithm>
#include <limits>

using namespace mlir::adamas;
using namespace mlir::adamas::reference;

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

llvm::Expected<Tensor> mlir::adamas::reference::partition(int64_t tokens, int64_t ways, int64_t tile) {
  if (tokens > std::numeric_limits<int32_t>::max())
    return ruleError("expects 'cache' to have at most 2147483647 tokens, but got {0}", tokens);
  llvm::Expected<Tensor> result = allocate(DType::I32, {ways + 1});
  if (!result)
    return result;
  int64_t tiles = tokens / tile + (tokens % tile != 0);
  for (int64_t p = 0; p <= ways; ++p) {
    int64_t firstTile = tiles * p / ways;
    // Only the last tile may be short.
    result->setInt(p, firstTile == tiles ? tokens : firstTile * tile);
  }
  return result;
}

llvm::Error mlir::adamas::reference::checkParts(const Tensor &parts, int64_t tokens) {
  llvm::ArrayRef<int32_t> boundaries = parts.as<int32_t>();
  if (boundaries.size() < 2 || boundaries[0] != 0)
    return ruleError("expects 'parts' to begin with 0 and hold 2 boundaries or more");
  for (size_t p = 1; p < boundaries.size(); ++p)
    if (boundaries[p] < boundaries[p - 1])
      return ruleError("expects 'parts' to ascend, but got {0} after {1} at {2}", boundaries[p], boundaries[p - 1], p);
  if (boundaries.back() < tokens)
    return ruleError("expects the last boundary of 'parts' to be at least the {0} tokens in use, but got {1}", tokens,
                     boundaries.back());
  return llvm::Error::success();
}

/// The part that holds `position`. Parts may be empty, so the last boundary that is not above it counts.
static int64_t findPart(const Tensor *parts, int64_t position) {
  if (!parts)
    return 0;
  llvm::ArrayRef<int32_t> boundaries = parts->as<int32_t>();
  return std::upper_bound(boundaries.begin(), boundaries.end(), position) - boundaries.begin() - 1;
}

//===----------------------------------------------------------------------===//
// Tokens of a row
//===----------------------------------------------------------------------===//

namespace {
/// A token that a row may select.
struct Token {
  int32_t position;
  bool forced;      // sel-1
  int32_t distance; // not set where the token is forced
};
} // namespace

/// Calls `visit` for each row with its number, its tokens in ascending order (all that it sees, or those listed and
/// those forced, ref-2) and its name for diagnostics.
static llvm::Error
forEachRow(const Tensor &distances, const Tensor *seqLens, const Tensor *parts, const Tensor *candidates, int64_t sink,
           int64_t recent, llvm::function_ref<llvm::Error(int64_t, llvm::ArrayRef<Token>, const std::string &)> visit) {
  llvm::Expected<Rows> rows = getRows("distances", distances, 1);
  if (!rows)
    return rows.takeError();
  int64_t width = distances.dim(-1);
  if (candidates)
    if (llvm::Error error = expectShape("candidates", *candidates, distances.shape()))
      return error;
  auto visible = getVisibleLengths(*rows, seqLens, candidates ? std::numeric_limits<int32_t>::max() : width);
  if (!visible)
    return visible.takeError();
  if (parts)
    if (llvm::Error error = checkParts(*parts, visible->empty() ? 0 : *llvm::max_element(*visible)))
      return error;

  for (int64_t b = 0; b < rows->batch; ++b)
    for (int64_t i = 0; i < rows->queryTokens; ++i)
      for (int64_t s = 0; s < rows->heads; ++s) {
        int64_t row = rows->at(b, i, s), length = (*visible)[b * rows->queryTokens + i];
        llvm::ArrayRef<int32_t> measured = distances.as<int32_t>().slice(row * width, width);
        std::string where = rows->describe(b, i, s);
        std::vector<Token> tokens;
        if (candidates) {
          auto list = readList("candidates", candidates->as<int32_t>().slice(row * width, width), length, where);
          if (!list)
            return list.takeError();
          for (int32_t n : forcedPositions(length, sink, recent))
            tokens.push_back({n, true, 0});
          for (auto [position, distance] : llvm::zip(*list, measured))
            if (!isForced(position, length, sink, recent))
              tokens.push_back({position, false, distance});
          llvm::sort(tokens, [](const Token &a, const Token &b) { return a.position < b.position; });
        } else {
          for (int64_t n = 0; n < length; ++n)
            tokens.push_back({int32_t(n), isForced(n, length, sink, recent), measured[n]});
        }
        if (llvm::Error error = visit(row, tokens, where))
          return error;
      }
  return llvm::Error::success();
}

/// Parts that a result has: one without boundaries.
static int64_t countParts(const Tensor *parts) { return parts ? std::max<int64_t>(parts->size() - 1, 1) : 1; }

//===----------------------------------------------------------------------===//
// histogram, threshold, compact, join
//===----------------------------------------------------------------------===//

llvm::Expected<Tensor> mlir::adamas::reference::histogram(const Tensor &distances, const Tensor *seqLens,
                                                          const Tensor *parts, const Tensor *candidates, int64_t bins,
                                                          int64_t sink, int64_t recent) {
  int64_t ways = countParts(parts);
  llvm::SmallVector<int64_t> shape(distances.shape().drop_back());
  shape.append({ways, bins});
  llvm::Expected<Tensor> result = allocate(DType::I32, shape);
  if (!result)
    return result;
  auto count = [&](int64_t row, llvm::ArrayRef<Token> tokens, const std::string &where) -> llvm::Error {
    for (const Token &token : tokens) {
      if (token.forced)
        continue;
      if (token.distance < 0 || token.distance >= bins)
        return ruleError("expects 'distances' to be from 0 to {0}, but got {1} at position {2} of {3}", bins - 1,
                         token.distance, token.position, where);
      ++result->as<int32_t>()[(row * ways + findPart(parts, token.position)) * bins + token.distance];
    }
    return llvm::Error::success();
  };
  if (llvm::Error error = forEachRow(distances, seqLens, parts, candidates, sink, recent, count))
    return std::move(error);
  return result;
}

llvm::Expected<Threshold> mlir::adamas::reference::threshold(const Tensor &histogram, int64_t need) {
  int64_t ways = histogram.dim(-2), bins = histogram.dim(-1);
  llvm::ArrayRef<int64_t> rowShape = histogram.shape().drop_back(2);
  Threshold result{Tensor(DType::I32, rowShape), Tensor(DType::I32, histogram.shape().drop_back())};
  for (int64_t row = 0; row < result.threshold.size(); ++row) {
    if (need == 0) {
      result.threshold.setInt(row, -1);
      continue; // nothing is skipped where nothing is at the threshold
    }
    // Counts of part p at distance d.
    auto countAt = [&](int64_t p, int64_t d) { return histogram.getInt((row * ways + p) * bins + d); };
    // The smallest t with count(distance <= t) >= need, or the last bin.
    int64_t t = 0, within = 0;
    for (; t < bins; ++t) {
      for (int64_t p = 0; p < ways; ++p)
        within += countAt(p, t);
      if (within >= need || t == bins - 1)
        break;
    }
    result.threshold.setInt(row, t);
    // Ties go to the newest: what is too much is left out of the oldest parts first.
    int64_t tooMany = std::max<int64_t>(within - need, 0);
    for (int64_t p = 0; p < ways; ++p) {
      int64_t skipped = std::min(tooMany, countAt(p, t));
      result.skip.setInt(row * ways + p, skipped);
      tooMany -= skipped;
    }
  }
  return result;
}

llvm::Expected<Selection> mlir::adamas::reference::compact(const Tensor &distances, const Threshold &at,
                                                           const Tensor *seqLens, const Tensor *parts,
                                                           const Tensor *candidates, int64_t budget, int64_t sink,
                                                           int64_t recent) {
  int64_t ways = countParts(parts);
  llvm::SmallVector<int64_t> shape(distances.shape().drop_back());
  if (llvm::Error error = expectShape("threshold", at.threshold, shape))
    return std::move(error);
  shape.push_back(ways);
  if (llvm::Error error = expectShape("skip", at.skip, shape))
    return std::move(error);
  Tensor lengths(DType::I32, shape);
  shape.push_back(budget);
  llvm::Expected<Tensor> indices = allocate(DType::I32, shape);
  if (!indices)
    return indices.takeError();
  std::fill(indices->as<int32_t>().begin(), indices->as<int32_t>().end(), -1);

  auto list = [&](int64_t row, llvm::ArrayRef<Token> tokens, const std::string &where) -> llvm::Error {
    int32_t t = at.threshold.as<int32_t>()[row];
    std::vector<int32_t> tiesSeen(ways, 0);
    for (const Token &token : tokens) {
      int64_t part = row * ways + findPart(parts, token.position);
      if (!token.forced && token.distance > t)
        continue;
      if (!token.forced && token.distance == t && tiesSeen[part % ways]++ < at.skip.as<int32_t>()[part])
        continue;
      int32_t &length = lengths.as<int32_t>()[part];
      if (length == budget)
        return ruleError("expects 'threshold' and 'skip' to leave at most 'budget' {0} tokens, but {1} has more",
                         budget, where);
      indices->as<int32_t>()[part * budget + length++] = token.position;
    }
    return llvm::Error::success();
  };
  if (llvm::Error error = forEachRow(distances, seqLens, parts, candidates, sink, recent, list))
    return std::move(error);
  return Selection{std::move(*indices), std::move(lengths)};
}

llvm::Expected<Selection> mlir::adamas::reference::join(const Tensor &indices, const Tensor &lengths) {
  if (llvm::Error error = expectShape("lengths", lengths, indices.shape().drop_back()))
    return std::move(error);
  int64_t ways = indices.dim(-2), width = indices.dim(-1);
  llvm::SmallVector<int64_t> shape(indices.shape().drop_back(2));
  Tensor total(DType::I32, shape);
  shape.push_back(width);
  Tensor joined(DType::I32, shape);
  std::fill(joined.as<int32_t>().begin(), joined.as<int32_t>().end(), -1);
  for (int64_t row = 0; row < total.size(); ++row) {
    int64_t length = 0;
    for (int64_t part = row * ways; part < (row + 1) * ways; ++part) {
      int64_t listed = lengths.getInt(part);
      if (listed < 0 || listed > width - length)
        return ruleError("expects the 'lengths' of a row to be at least 0 and at most {0} together, but got {1} after "
                         "{2} in row {3}",
                         width, listed, length, row);
      for (int64_t i = 0; i < listed; ++i)
        joined.setInt(row * width + length++, indices.getInt(part * width + i));
    }
    total.setInt(row, length);
  }
  return Selection{std::move(joined), std::move(total)};
}
