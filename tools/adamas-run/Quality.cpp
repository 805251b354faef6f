// How good a selection is: recall, attention mass captured, relative output error.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Quality.h"

#include "adamas-run/Baselines.h"
#include <algorithm>
#include <cmath>

using namespace mlir::adamas;

/// The positions of list `row`; lists end at their first -1.
static llvm::ArrayRef<int32_t> listOf(const Tensor &indices, int64_t row) {
  auto list = indices.as<int32_t>().slice(row * indices.dim(-1), indices.dim(-1));
  return list.take_while([](int32_t n) { return n >= 0; });
}

/// An empty S* counts as found.
static double recallOf(llvm::ArrayRef<int32_t> selected, llvm::ArrayRef<int32_t> exact) {
  if (exact.empty())
    return 1;
  std::vector<int32_t> both;
  std::set_intersection(selected.begin(), selected.end(), exact.begin(), exact.end(), std::back_inserter(both));
  return double(both.size()) / exact.size();
}

static double massOf(double sparse, double dense) {
  return std::isinf(dense) && dense < 0 ? 1 : std::exp(sparse - dense);
}

llvm::Expected<Quality> mlir::adamas::measureQuality(const Inputs &inputs, const ExactAttention &dense,
                                                     const Tensor &exact, const Tensor &indices, const Tensor *output,
                                                     std::optional<double> scale) {
  llvm::Expected<ExactAttention> sparse =
      attendListed(inputs.query, inputs.key, inputs.value, indices, listLengths(indices), scale);
  if (!sparse)
    return sparse.takeError();
  int64_t heads = inputs.queryHeads(), dim = inputs.headDim(), share = heads / indices.dim(-2);
  int64_t rows = exact.size() / std::max<int64_t>(exact.dim(-1), 1), counted = 0;
  Quality quality;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t list = row / heads * (heads / share) + row % heads / share;
    quality.recall += recallOf(listOf(indices, list), listOf(exact, row));
    double mass = massOf(sparse->lse[row], dense.lse[row]), difference = 0, norm = 0;
    llvm::ArrayRef<double> wanted = dense.outputOf(row), got = sparse->outputOf(row);
    for (int64_t j = 0; j < dim; ++j) {
      double delta = (output ? output->getFloat(row * dim + j) : got[j]) - wanted[j];
      difference += delta * delta;
      norm += wanted[j] * wanted[j];
    }
    double error = difference == 0 ? 0 : std::sqrt(difference / norm);
    if (!std::isfinite(mass) || !std::isfinite(error)) {
      ++quality.leftOut;
      continue;
    }
    quality.mass += mass;
    quality.error += error;
    ++counted;
  }
  quality.recall /= rows;
  quality.mass /= std::max<int64_t>(counted, 1);
  quality.error /= std::max<int64_t>(counted, 1);
  return quality;
}
