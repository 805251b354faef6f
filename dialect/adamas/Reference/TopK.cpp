// The k nearest tokens, ties to the newest (spec sel-1..5, ref-2): by sorting, unlike the staged ops that it checks.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Rows.h"
#include "adamas/Reference/Rules.h"
#include <algorithm>
#include <limits>
#include <utility>

using namespace mlir::adamas;
using namespace mlir::adamas::reference;

std::vector<int32_t> mlir::adamas::reference::forcedPositions(int64_t length, int64_t sink, int64_t recent) {
  std::vector<int32_t> positions;
  int64_t firstOfTheLast = std::max<int64_t>(length - recent, 0);
  for (int64_t n = 0; n < std::min(sink, firstOfTheLast); ++n)
    positions.push_back(n);
  for (int64_t n = firstOfTheLast; n < length; ++n)
    positions.push_back(n);
  return positions;
}

/// The positions that one row selects, ascending. `positions` are those that `distances` belong to.
static llvm::Expected<std::vector<int32_t>> select(llvm::ArrayRef<int32_t> positions, llvm::ArrayRef<int32_t> distances,
                                                   int64_t length, int64_t budget, int64_t sink, int64_t recent,
                                                   std::optional<int64_t> bound, const std::string &where) {
  // sel-1, ref-2: forced positions are selected, listed or not.
  std::vector<int32_t> selected = forcedPositions(length, sink, recent);

  // sel-2: of the others those with the smallest (distance, -position).
  std::vector<std::pair<int32_t, int32_t>> others;
  for (auto [position, distance] : llvm::zip(positions, distances)) {
    if (isForced(position, length, sink, recent))
      continue;
    if (distance < 0 || (bound && distance > *bound))
      return ruleError("expects 'distances' to be from 0 to {0}, but got {1} at position {2} of {3}",
                       bound.value_or(std::numeric_limits<int32_t>::max()), distance, position, where);
    others.emplace_back(distance, -position);
  }
  std::sort(others.begin(), others.end());
  // sel-3: if there are not so many, all of them.
  int64_t wanted = std::min<int64_t>(budget - int64_t(selected.size()), others.size());
  for (int64_t i = 0; i < wanted; ++i)
    selected.push_back(-others[i].second);
  std::sort(selected.begin(), selected.end()); // sel-5
  return selected;
}

llvm::Expected<Selection> mlir::adamas::reference::topK(const Tensor &distances, const Tensor *seqLens,
                                                        const Tensor *candidates, int64_t budget, int64_t sink,
                                                        int64_t recent, std::optional<int64_t> bound) {
  llvm::Expected<Rows> rows = getRows("distances", distances, 1);
  if (!rows)
    return rows.takeError();
  int64_t width = distances.dim(-1);
  if (candidates)
    if (llvm::Error error = expectShape("candidates", *candidates, distances.shape()))
      return std::move(error);
  // The width of a list says nothing about how many tokens there are.
  auto visible = getVisibleLengths(*rows, seqLens, candidates ? std::numeric_limits<int32_t>::max() : width);
  if (!visible)
    return visible.takeError();
  llvm::Expected<Tensor> indices = allocate(DType::I32, rows->shape({budget}));
  if (!indices)
    return indices.takeError();
  Tensor lengths(DType::I32, rows->shape());

  std::vector<int32_t> allTokens(candidates ? 0 : width);
  for (size_t n = 0; n < allTokens.size(); ++n)
    allTokens[n] = n;
  for (int64_t b = 0; b < rows->batch; ++b)
    for (int64_t i = 0; i < rows->queryTokens; ++i)
      for (int64_t s = 0; s < rows->heads; ++s) {
        int64_t row = rows->at(b, i, s), length = (*visible)[b * rows->queryTokens + i];
        std::string where = rows->describe(b, i, s);
        llvm::ArrayRef<int32_t> positions;
        if (candidates) {
          auto list = readList("candidates", candidates->as<int32_t>().slice(row * width, width), length, where);
          if (!list)
            return list.takeError();
          positions = *list;
        } else {
          positions = llvm::ArrayRef<int32_t>(allTokens).take_front(length);
        }
        auto selected = select(positions, distances.as<int32_t>().slice(row * width, positions.size()), length, budget,
                               sink, recent, bound, where);
        if (!selected)
          return selected.takeError();
        llvm::MutableArrayRef<int32_t> list = indices->as<int32_t>().slice(row * budget, budget);
        std::fill(llvm::copy(*selected, list.begin()), list.end(), -1);
        lengths.as<int32_t>()[row] = selected->size();
      }
  return Selection{std::move(*indices), std::move(lengths)};
}
