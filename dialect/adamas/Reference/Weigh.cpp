// Small integer weights of a rotated query (spec wgt-1, wgt-2, wgt-4). f32 throughout; built without contraction.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Rows.h"
#include "adamas/Reference/Rules.h"
#include <algorithm>
#include <cmath>

using namespace mlir::adamas;
using namespace mlir::adamas::reference;

/// wgt-1: the sum of |y_j| by butterflies of strides 1, 2, 4, ..., D/2.
static float absoluteSum(llvm::ArrayRef<float> y) {
  std::vector<float> sums(y.size());
  for (size_t i = 0; i < y.size(); ++i)
    sums[i] = std::fabs(y[i]);
  for (size_t stride = 1; stride < y.size(); stride *= 2) {
    std::vector<float> before = sums;
    for (size_t i = 0; i < y.size(); ++i)
      sums[i] = before[i] + before[i ^ stride];
  }
  return sums[0];
}

/// wgt-2: sums below 2^-100, infinite or NaN give no weights.
static bool isUsable(float sum) { return std::isfinite(sum) && sum >= 0x1p-100f; }

/// wgt-2
static void weighRow(llvm::ArrayRef<float> y, int64_t range, int64_t cap, llvm::MutableArrayRef<int8_t> weights) {
  float a = absoluteSum(y);
  if (!isUsable(a))
    return; // all 0
  float factor = static_cast<float>(range) / a;
  for (size_t j = 0; j < y.size(); ++j) {
    float product = y[j] * factor;
    float rounded = std::nearbyint(product); // ties to even
    float limit = static_cast<float>(cap);
    weights[j] = std::isnan(rounded) ? 0 : static_cast<int8_t>(std::clamp(rounded, -limit, limit));
  }
}

llvm::Expected<Tensor> mlir::adamas::reference::weigh(const Tensor &rotated, int64_t range, int64_t cap,
                                                      std::optional<int64_t> kvHeads) {
  llvm::Expected<Rows> rows = getRows("input", rotated, 1);
  if (!rows)
    return rows.takeError();
  int64_t dim = rotated.dim(-1), heads = kvHeads.value_or(rows->heads), group = rows->heads / heads;
  llvm::Expected<Tensor> result = allocate(DType::I8, rows->withHeads(heads).shape({dim}));
  if (!result)
    return result;
  llvm::ArrayRef<float> values = rotated.as<float>();
  // Rows are row-major and a group's heads are neighbours, so output row r comes from input rows r G .. r G + G - 1.
  for (int64_t row = 0; row < rows->batch * rows->queryTokens * heads; ++row) {
    std::vector<float> y(dim, 0.0f);
    if (group == 1) {
      llvm::copy(values.slice(row * dim, dim), y.begin());
    } else {
      // wgt-4: y = sum_h y_h / a_h, h ascending from zero.
      for (int64_t h = 0; h < group; ++h) {
        llvm::ArrayRef<float> head = values.slice((row * group + h) * dim, dim);
        float a = absoluteSum(head);
        if (!isUsable(a))
          continue;
        for (int64_t j = 0; j < dim; ++j) {
          float quotient = head[j] / a;
          y[j] = y[j] + quotient;
        }
      }
    }
    weighRow(y, range, cap, result->as<int8_t>().slice(row * dim, dim));
  }
  return result;
}
