// From rotated values to packed codes (spec buk-1..5, pak-1) and back to integers (pak-4).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Rows.h"
#include "adamas/Reference/Rules.h"
#include "llvm/Support/Format.h"
#include <cmath>
#include <numeric>

using namespace mlir::adamas;
using namespace mlir::adamas::reference;

/// With the digits that tell one f32 from another.
static std::string show(float value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.9g", value);
  return text;
}

llvm::Error mlir::adamas::reference::checkThresholds(const Tensor &thresholds) {
  // buk-1
  int64_t count = thresholds.dim(-1);
  llvm::ArrayRef<float> all = thresholds.as<float>();
  for (int64_t n = 0; n < thresholds.size(); ++n) {
    int64_t i = n % count;
    std::string set = thresholds.rank() == 2 ? llvm::formatv(" of head {0}", n / count).str() : "";
    if (!std::isfinite(all[n]))
      return ruleError("expects finite 'thresholds', but number {0}{1} is {2}", i, set, show(all[n]));
    if (i > 0 && !(all[n - 1] < all[n]))
      return ruleError("expects strictly increasing 'thresholds', but number {0}{1}, {2}, is not above number {3}, {4}",
                       i, set, show(all[n]), i - 1, show(all[n - 1]));
  }
  return llvm::Error::success();
}

llvm::Expected<Tensor> mlir::adamas::reference::bucketizePack(const Tensor &input, const Tensor &thresholds,
                                                              const Tensor *offset, int64_t headsAxis) {
  if (llvm::Error error = checkThresholds(thresholds))
    return std::move(error);
  int64_t dim = input.dim(-1), count = thresholds.dim(-1), words = dim / 32;
  int64_t bits = llvm::Log2_64(count + 1);
  llvm::SmallVector<int64_t> shape(input.shape().drop_back());
  shape.append({bits, words});
  llvm::Expected<Tensor> result = allocate(DType::U32, shape);
  if (!result)
    return result;

  // Row r of `[.., heads, .., D]` belongs to head (r / rowsOfHead) % heads.
  int64_t heads = input.dim(headsAxis);
  int64_t rowsOfHead = 1;
  for (int64_t axis = headsAxis + 1; axis < input.rank() - 1; ++axis)
    rowsOfHead *= input.dim(axis);
  // buk-2: one set for all, or one a KV head, which the G query heads of its group share.
  int64_t sets = thresholds.rank() == 2 ? thresholds.dim(0) : 1;
  llvm::ArrayRef<float> values = input.as<float>(), all = thresholds.as<float>();
  for (int64_t row = 0, rows = dim ? input.size() / dim : 0; row < rows; ++row) {
    int64_t head = row / rowsOfHead % heads;
    llvm::ArrayRef<float> set = all.slice(head / (heads / sets) * count, count);
    llvm::MutableArrayRef<uint32_t> planes = result->as<uint32_t>().slice(row * bits * words, bits * words);
    for (int64_t j = 0; j < dim; ++j) {
      float x = values[row * dim + j];
      if (offset) // buk-5
        x -= offset->as<float>()[head * dim + j];
      // buk-3: `x > t` is false for a NaN, and for -0.0 > 0.0.
      uint32_t code = 0;
      for (float t : set)
        code += x > t;
      // pak-1: bit j of word w of plane p is bit p of code[32 w + j].
      for (int64_t p = 0; p < bits; ++p)
        planes[p * words + j / 32] |= (code >> p & 1) << (j % 32);
    }
  }
  return result;
}

void mlir::adamas::reference::unpackCodes(llvm::ArrayRef<uint32_t> words, int64_t bits, int64_t planes,
                                          llvm::MutableArrayRef<uint8_t> codes) {
  int64_t wordsOfPlane = codes.size() / 32;
  std::fill(codes.begin(), codes.end(), 0);
  int64_t dropped = bits - planes; // pak-4
  for (int64_t p = dropped; p < bits; ++p)
    for (size_t j = 0; j < codes.size(); ++j)
      codes[j] |= (words[p * wordsOfPlane + j / 32] >> (j % 32) & 1) << (p - dropped);
}
