// The reference's Hadamard transform: definition, order of the butterflies, special values, sizes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Hadamard.h"

#include "llvm/ADT/bit.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace mlir::adamas;

namespace {

std::vector<float> randomRow(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.5f, 3.0f);
  std::vector<float> row(size);
  for (float &value : row)
    value = normal(random);
  return row;
}

/// had-2 read as a recurrence: output `i` after the butterflies of stride `stride` and below.
float afterStride(const std::vector<float> &row, size_t stride, size_t i) {
  if (stride == 0)
    return row[i];
  float low = afterStride(row, stride / 2, i & ~stride);
  float high = afterStride(row, stride / 2, i | stride);
  return i & stride ? low - high : low + high;
}

TEST(Hadamard, had_1_sizes) {
  for (int64_t size : {2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})
    EXPECT_TRUE(isHadamardSize(size)) << size;
  for (int64_t size : {-2, 0, 1, 3, 48, 96, 1000, 2048})
    EXPECT_FALSE(isHadamardSize(size)) << size;
  EXPECT_EQ(llvm::toString(checkHadamardSize(96)),
            "head dimension 96 has no hadamard transform, expected a power of two from 2 to 1024");
  EXPECT_FALSE(bool(checkHadamardSize(64)));
}

TEST(Hadamard, had_2_is_the_definition) {
  for (size_t size = 2; size <= 1024; size *= 2) {
    std::vector<float> row = randomRow(size, 1), result = row;
    hadamardInPlace(result);
    for (size_t i = 0; i < size; ++i) {
      double sum = 0;
      for (size_t j = 0; j < size; ++j)
        sum += llvm::popcount(i & j) % 2 ? -double(row[j]) : double(row[j]);
      EXPECT_NEAR(result[i], sum / std::sqrt(double(size)), 1e-4) << size << " " << i;
    }
  }
}

TEST(Hadamard, had_2_order_is_exact) {
  for (size_t size = 2; size <= 256; size *= 2)
    for (uint32_t seed = 0; seed < 5; ++seed) {
      std::vector<float> row = randomRow(size, seed), result = row;
      hadamardInPlace(result);
      float scale = static_cast<float>(1 / std::sqrt(static_cast<long double>(size)));
      for (size_t i = 0; i < size; ++i)
        EXPECT_EQ(result[i], afterStride(row, size / 2, i) * scale) << size << " " << i;
    }
}

TEST(Hadamard, had_3_special_values_propagate) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  std::vector<float> row(32, 1.0f);
  row[5] = inf;
  hadamardInPlace(row);
  for (size_t i = 0; i < row.size(); ++i)
    EXPECT_EQ(row[i], llvm::popcount(i & 5) % 2 ? -inf : inf) << i;
  row.assign(32, 1.0f);
  row[31] = std::nanf("");
  hadamardInPlace(row);
  for (float value : row)
    EXPECT_TRUE(std::isnan(value));
}

TEST(Hadamard, had_2_keeps_denormals) {
  std::vector<float> row(4, 0.0f);
  row[0] = 0x1p-148f;
  hadamardInPlace(row);
  for (float value : row)
    EXPECT_EQ(value, 0x1p-149f);
}

TEST(Hadamard, rows_of_a_tensor) {
  Tensor tensor(DType::F16, {2, 3, 32});
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.setFloat(i, double(i % 7) - 3);
  llvm::Expected<Tensor> rotated = hadamardRows(tensor);
  ASSERT_TRUE(bool(rotated));
  EXPECT_EQ(rotated->dtype(), DType::F32);
  EXPECT_EQ(rotated->shape(), tensor.shape());
  std::vector<float> row;
  for (int64_t j = 0; j < 32; ++j)
    row.push_back(float(tensor.getFloat(4 * 32 + j)));
  hadamardInPlace(row);
  EXPECT_EQ(rotated->as<float>().slice(4 * 32, 32), llvm::ArrayRef<float>(row));

  EXPECT_EQ(llvm::toString(hadamardRows(Tensor(DType::I32, {4, 32})).takeError()),
            "the hadamard transform takes rows of F16, BF16, F32 or F64, got a tensor 4x32 of I32");
  EXPECT_NE(llvm::toString(hadamardRows(Tensor(DType::F32, {4, 48})).takeError()), "");
}

} // namespace
