// Whether a result agrees with the reference: integers exactly, attention within att-2.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Compare.h"

#include <algorithm>
#include <cmath>

using namespace mlir::adamas;
using namespace mlir::adamas::reference;

namespace {
/// What an element type allows.
struct Precision {
  double relative;  // att-2
  double underflow; // half the smallest denormal: what one rounding may lose however small the value is
};
} // namespace

static Precision precisionOf(DType dtype) {
  switch (dtype) {
  case DType::F16:
    return {1e-3, 0x1p-25};
  case DType::BF16:
    return {8e-3, 0x1p-134};
  default:
    return {1e-5, 0x1p-150};
  }
}

static double norm(llvm::ArrayRef<double> values) {
  // Scaled, so that squares neither overflow nor vanish.
  double largest = 0, sum = 0;
  for (double value : values)
    largest = std::max(largest, std::fabs(value));
  if (largest == 0 || std::isinf(largest))
    return largest;
  for (double value : values)
    sum += (value / largest) * (value / largest);
  return largest * std::sqrt(sum);
}

static bool allFinite(llvm::ArrayRef<double> values) {
  return llvm::all_of(values, [](double value) { return std::isfinite(value); });
}

/// att-2 for one head; empty if it agrees.
static std::string compareHead(const ExactAttention &expected, int64_t row, llvm::ArrayRef<double> got,
                               std::optional<double> lse) {
  llvm::ArrayRef<double> want = expected.outputOf(row);
  if (!expected.finite[row]) {
    if (allFinite(got) == allFinite(want))
      return "";
    return allFinite(want) ? "expected a finite output, but got a non-finite one"
                           : "expected a non-finite output, but got a finite one";
  }
  Precision precision = precisionOf(expected.dtype);
  double s = expected.largestScore[row];
  std::vector<double> difference(want.size());
  for (auto [j, value] : llvm::enumerate(want))
    difference[j] = got[j] - value;
  double allowed = precision.relative * std::max(1.0, s / 64) * norm(want);
  if (allowed > 0) // an output of zeros, such as att-3's, leaves nothing to round
    allowed += norm(std::vector<double>(want.size(), precision.underflow));
  // Negated, so that a NaN fails.
  if (!allFinite(got) || !(norm(difference) <= allowed)) {
    size_t worst = 0;
    for (size_t j = 0; j < want.size(); ++j)
      if (!(std::fabs(difference[j]) <= std::fabs(difference[worst])))
        worst = j;
    return llvm::formatv("expected an output within {0:e3} of the reference, but it is {1:e3} away; at {2} expected "
                         "{3:e6}, but got {4:e6}",
                         allowed, norm(difference), worst, want[worst], got[worst]);
  }
  if (!lse || *lse == expected.lse[row]) // att-3: both -inf
    return "";
  double allowedLse = 1e-5 * std::max({1.0, std::fabs(expected.lse[row]), s});
  if (std::isinf(expected.lse[row]) || !(std::fabs(*lse - expected.lse[row]) <= allowedLse))
    return llvm::formatv("expected lse {0:f7} within {1:e3}, but got {2:f7}", expected.lse[row], allowedLse, *lse);
  return "";
}

std::string mlir::adamas::compareAttention(const ExactAttention &expected, const Tensor &output, const Tensor *lse) {
  const Rows &rows = expected.rows;
  if (llvm::Error error = expectShape("output", output, rows.shape({expected.dim})))
    return llvm::toString(std::move(error));
  if (output.dtype() != expected.dtype)
    return llvm::formatv("expects 'output' to be of {0}, but got {1}", dtypeName(expected.dtype),
                         dtypeName(output.dtype()));
  if (lse)
    if (llvm::Error error = expectShape("lse", *lse, rows.shape()))
      return llvm::toString(std::move(error));
  std::vector<double> got(expected.dim);
  for (int64_t b = 0; b < rows.batch; ++b)
    for (int64_t i = 0; i < rows.queryTokens; ++i)
      for (int64_t h = 0; h < rows.heads; ++h) {
        int64_t row = rows.at(b, i, h);
        for (int64_t j = 0; j < expected.dim; ++j)
          got[j] = output.getFloat(row * expected.dim + j);
        std::string message =
            compareHead(expected, row, got, lse ? std::optional<double>(lse->getFloat(row)) : std::nullopt);
        if (!message.empty())
          return rows.describe(b, i, h) + ": " + message;
      }
  return "";
}

std::string mlir::adamas::compareExact(llvm::StringRef name, const Tensor &expected, const Tensor &got) {
  if (expected.dtype() != got.dtype() || expected.shape() != got.shape())
    return llvm::formatv("'{0}': expected a {1}, but got a {2}", name, expected.describe(), got.describe());
  for (int64_t n = 0; n < expected.size(); ++n) {
    if (expected.getInt(n) == got.getInt(n))
      continue;
    llvm::SmallVector<int64_t> index(expected.rank());
    for (int64_t axis = expected.rank() - 1, rest = n; axis >= 0; --axis) {
      index[axis] = rest % expected.dim(axis);
      rest /= expected.dim(axis);
    }
    std::string at;
    for (int64_t i : index)
      at += (at.empty() ? "" : ", ") + std::to_string(i);
    return llvm::formatv("'{0}': expected {1} at [{2}], but got {3}", name, expected.getInt(n), at, got.getInt(n));
  }
  return "";
}
