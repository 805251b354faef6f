// Distances of codes: L1 and weighted, over all tokens or a candidate list (spec dst-1..2, wgt-3, pak-4, sel-4, ref-1).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Rows.h"
#include "adamas/Reference/Rules.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <cstdlib>

using namespace mlir::adamas;
using namespace mlir::adamas::reference;

/// `count` code vectors from vector `first` on, one byte a code.
static std::vector<uint8_t> unpackVectors(const Tensor &codes, int64_t first, int64_t count, int64_t planes) {
  int64_t bits = codes.dim(-2), words = bits * codes.dim(-1), dim = codes.dim(-1) * 32;
  std::vector<uint8_t> result(count * dim);
  for (int64_t n = 0; n < count; ++n)
    unpackCodes(codes.as<uint32_t>().slice((first + n) * words, words), bits, planes,
                llvm::MutableArrayRef<uint8_t>(result).slice(n * dim, dim));
  return result;
}

/// Fills `[B, (Nq,) S, N or K]` with `distanceTo(row, code of the key)`, and with -1 at padding and at tokens that a
/// row does not see.
static llvm::Expected<Tensor> measure(const Rows &rows, const Tensor &key, const Tensor *seqLens,
                                      const Tensor *candidates, int64_t planes,
                                      llvm::function_ref<int64_t(int64_t, const uint8_t *)> distanceTo) {
  int64_t kvHeads = key.dim(1), tokens = key.dim(2), dim = key.dim(-1) * 32;
  if (llvm::Error error = expectBatch("key", key, rows.batch))
    return std::move(error);
  auto visible = getVisibleLengths(rows, seqLens, tokens);
  if (!visible)
    return visible.takeError();
  int64_t listed = candidates ? candidates->dim(-1) : 0; // ref-1
  if (candidates)
    if (llvm::Error error = expectShape("candidates", *candidates, rows.shape({listed})))
      return std::move(error);
  int64_t width = candidates ? listed : tokens;
  llvm::Expected<Tensor> result = allocate(DType::I32, rows.shape({width}));
  if (!result)
    return result;

  int64_t share = rows.heads / kvHeads; // dst-2: row s is compared with KV head s / share
  for (int64_t keyBatch = 0; keyBatch < key.dim(0); ++keyBatch)
    for (int64_t kvHead = 0; kvHead < kvHeads; ++kvHead) {
      std::vector<uint8_t> codes = unpackVectors(key, (keyBatch * kvHeads + kvHead) * tokens, tokens, planes);
      for (int64_t b = 0; b < rows.batch; ++b) {
        if (key.dim(0) != 1 && b != keyBatch)
          continue;
        for (int64_t i = 0; i < rows.queryTokens; ++i)
          for (int64_t s = kvHead * share; s < (kvHead + 1) * share; ++s) {
            int64_t row = rows.at(b, i, s), length = (*visible)[b * rows.queryTokens + i];
            llvm::MutableArrayRef<int32_t> distances = result->as<int32_t>().slice(row * width, width);
            std::fill(distances.begin(), distances.end(), -1);
            if (candidates) {
              auto list = readList("candidates", candidates->as<int32_t>().slice(row * width, width), length,
                                   rows.describe(b, i, s));
              if (!list)
                return list.takeError();
              for (auto [at, position] : llvm::enumerate(*list))
                distances[at] = distanceTo(row, &codes[position * dim]);
            } else {
              for (int64_t n = 0; n < length; ++n)
                distances[n] = distanceTo(row, &codes[n * dim]);
            }
          }
      }
    }
  return result;
}

llvm::Expected<Tensor> mlir::adamas::reference::l1Distance(const Tensor &query, const Tensor &key,
                                                           const Tensor *seqLens, const Tensor *candidates,
                                                           int64_t planes, Policy policy) {
  llvm::Expected<Rows> queries = getRows("query", query, 2);
  if (!queries)
    return queries.takeError();
  int64_t dim = key.dim(-1) * 32;
  // sel-4: a shared selection sums the distances of the G heads of its group, which are neighbours.
  int64_t selections = policy == Policy::PerKvHead ? key.dim(1) : queries->heads;
  int64_t summed = queries->heads / selections;
  std::vector<uint8_t> codes = unpackVectors(query, 0, queries->count(), planes);
  return measure(queries->withHeads(selections), key, seqLens, candidates, planes,
                 [&](int64_t row, const uint8_t *keyCode) {
                   int64_t distance = 0;
                   for (int64_t h = row * summed; h < (row + 1) * summed; ++h) {
                     int32_t sum = 0;
                     for (int64_t j = 0; j < dim; ++j)
                       sum += std::abs(int32_t(codes[h * dim + j]) - int32_t(keyCode[j]));
                     distance += sum;
                   }
                   return distance;
                 });
}

llvm::Expected<Tensor> mlir::adamas::reference::weightedDistance(const Tensor &weights, const Tensor &key,
                                                                 const Tensor *seqLens, const Tensor *candidates,
                                                                 int64_t planes) {
  llvm::Expected<Rows> rows = getRows("weights", weights, 1);
  if (!rows)
    return rows.takeError();
  int64_t dim = weights.dim(-1);
  int32_t largest = (1 << planes) - 1; // m
  llvm::ArrayRef<int8_t> all = weights.as<int8_t>();
  return measure(*rows, key, seqLens, candidates, planes, [&](int64_t row, const uint8_t *keyCode) {
    // wgt-3: each coordinate's way to the corner that the query points to, weighted.
    int32_t distance = 0;
    for (int64_t j = 0; j < dim; ++j) {
      int32_t w = all[row * dim + j], c = keyCode[j];
      distance += std::abs(w) * (w > 0 ? largest - c : c);
    }
    return distance;
  });
}
