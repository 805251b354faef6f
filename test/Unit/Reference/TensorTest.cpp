// Host tensors: 16-bit floats against APFloat, sizes, element access.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Tensor.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace mlir::adamas;
using llvm::APFloat;
using llvm::APInt;
using llvm::bit_cast;

namespace {

/// `bits` of one format, converted to the other by APFloat.
uint64_t convert(uint64_t bits, const llvm::fltSemantics &from, const llvm::fltSemantics &to) {
  APFloat value(from, APInt(APFloat::getSizeInBits(from), bits));
  bool losesInfo = false;
  value.convert(to, APFloat::rmNearestTiesToEven, &losesInfo);
  return value.bitcastToAPInt().getZExtValue();
}

void expectDownwardConversions(uint32_t bits) {
  float value = bit_cast<float>(bits);
  // ASSERT stops the million cases at the first failure.
  ASSERT_EQ(floatToHalf(value), convert(bits, APFloat::IEEEsingle(), APFloat::IEEEhalf())) << "f32 bits " << bits;
  ASSERT_EQ(floatToBfloat(value), convert(bits, APFloat::IEEEsingle(), APFloat::BFloat())) << "f32 bits " << bits;
}

/// What `setFloat` stores in a 16-bit tensor.
uint16_t stored(DType dtype, double value) {
  Tensor tensor(dtype, {1});
  tensor.setFloat(0, value);
  return tensor.as<uint16_t>()[0];
}

void expectSingleRounding(double value) {
  uint64_t bits = bit_cast<uint64_t>(value);
  ASSERT_EQ(stored(DType::F16, value), convert(bits, APFloat::IEEEdouble(), APFloat::IEEEhalf())) << value;
  ASSERT_EQ(stored(DType::BF16, value), convert(bits, APFloat::IEEEdouble(), APFloat::BFloat())) << value;
}

template <typename T> std::string errorOf(llvm::Expected<T> expected) {
  return expected ? "" : llvm::toString(expected.takeError());
}

TEST(Float16, every_half_upwards) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits)
    ASSERT_EQ(bit_cast<uint32_t>(halfToFloat(bits)), convert(bits, APFloat::IEEEhalf(), APFloat::IEEEsingle())) << bits;
}

TEST(Float16, every_bfloat_upwards) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits)
    ASSERT_EQ(bit_cast<uint32_t>(bfloatToFloat(bits)), convert(bits, APFloat::BFloat(), APFloat::IEEEsingle())) << bits;
}

TEST(Float16, downwards_around_every_value_and_midpoint) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits)
    for (float value : {halfToFloat(bits), bfloatToFloat(bits)}) {
      uint32_t exact = bit_cast<uint32_t>(value);
      // Half steps of both formats, normal and denormal, and the numbers beside them.
      for (uint32_t step : {0u, 0x1000u, 0x8000u})
        for (uint32_t offset : {-1, 0, 1})
          ASSERT_NO_FATAL_FAILURE(expectDownwardConversions(exact + step + offset));
    }
  for (uint32_t i = 0; i < 4096; ++i) // ties between half denormals: odd multiples of 2^-25
    for (float value : {float(i) * 0x1p-25f, -float(i) * 0x1p-25f})
      for (uint32_t offset : {-1, 0, 1})
        ASSERT_NO_FATAL_FAILURE(expectDownwardConversions(bit_cast<uint32_t>(value) + offset));
}

TEST(Float16, downwards_across_all_floats) {
  for (uint64_t bits = 0; bits < uint64_t(1) << 32; bits += 4099)
    ASSERT_NO_FATAL_FAILURE(expectDownwardConversions(uint32_t(bits)));
  std::mt19937 random(1);
  for (int i = 0; i < 500000; ++i)
    ASSERT_NO_FATAL_FAILURE(expectDownwardConversions(random()));
}

TEST(Float16, nan_stays_nan) {
  for (uint32_t payload : {0x1u, 0x1000u, 0x1fffu, 0x3fffffu, 0x400000u, 0x7fffffu})
    for (uint32_t sign : {0u, 0x80000000u}) {
      float value = bit_cast<float>(sign | 0x7f800000u | payload);
      EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
      EXPECT_TRUE(std::isnan(bfloatToFloat(floatToBfloat(value))));
    }
}

TEST(Float16, f64_is_rounded_once) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 300000; ++i) {
    // All exponents of the narrow formats, with a low part that a rounding by way of f32 would lose.
    double exponent = int(random() % 300) - 160;
    uint64_t mantissa = random();
    if (i % 3 == 0)
      mantissa = (mantissa & 0xffe0000000000) | 0x8000000000 | (random() % 3);
    if (i % 3 == 1)
      mantissa = (mantissa & 0xfe00000000000) | 0x100000000000 | (random() % 3);
    double value = bit_cast<double>(0x3ff0000000000000 | (mantissa & 0xfffffffffffff));
    ASSERT_NO_FATAL_FAILURE(expectSingleRounding(std::ldexp(i % 2 ? value : -value, int(exponent))));
  }
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (double value : {0.0, -0.0, inf, -inf, 1e308, -1e308, 5e-324, 65504.0, 65519.999999999, 65520.0, 0x1p-25,
                       std::nextafter(0x1p-25, 1.0), std::nextafter(0x1p-25, 0.0), 0x1p-133, 0x1p-134,
                       std::nextafter(0x1p-134, 1.0), double(std::numeric_limits<float>::max()), 3.5e38})
    ASSERT_NO_FATAL_FAILURE(expectSingleRounding(value));
  EXPECT_TRUE(std::isnan(halfToFloat(stored(DType::F16, std::nan("")))));
  EXPECT_TRUE(std::isnan(bfloatToFloat(stored(DType::BF16, std::nan("")))));
}

TEST(Float16, integers_are_rounded_once) {
  Tensor tensor(DType::BF16, {1});
  // 2^62 + 2^54 lies between two bfloats; one more must go up, although f64 cannot hold the one.
  int64_t midpoint = (int64_t(1) << 62) + (int64_t(1) << 54);
  tensor.setInt(0, midpoint);
  EXPECT_EQ(tensor.getFloat(0), 0x1p62);
  tensor.setInt(0, midpoint + 1);
  EXPECT_EQ(tensor.getFloat(0), 0x1p62 + 0x1p55);
  tensor.setInt(0, -midpoint - 1);
  EXPECT_EQ(tensor.getFloat(0), -0x1p62 - 0x1p55);
  tensor.setInt(0, std::numeric_limits<int64_t>::min());
  EXPECT_EQ(tensor.getFloat(0), -0x1p63);
}

TEST(DType, names_and_sizes) {
  for (auto [dtype, name, size] :
       {std::tuple(DType::F64, "F64", 8u), std::tuple(DType::F32, "F32", 4u), std::tuple(DType::F16, "F16", 2u),
        std::tuple(DType::BF16, "BF16", 2u), std::tuple(DType::I64, "I64", 8u), std::tuple(DType::I32, "I32", 4u),
        std::tuple(DType::I16, "I16", 2u), std::tuple(DType::I8, "I8", 1u), std::tuple(DType::U32, "U32", 4u),
        std::tuple(DType::U16, "U16", 2u), std::tuple(DType::U8, "U8", 1u)}) {
    EXPECT_EQ(dtypeName(dtype), name);
    EXPECT_EQ(dtypeSize(dtype), size);
    EXPECT_EQ(dtypeFromName(name), dtype);
  }
  EXPECT_EQ(dtypeFromName("f32"), std::nullopt);
  EXPECT_EQ(dtypeFromName(""), std::nullopt);
}

TEST(Tensor, checked_size) {
  llvm::Expected<int64_t> size = Tensor::checkedSize(DType::F16, {3, 5});
  ASSERT_TRUE(bool(size));
  EXPECT_EQ(*size, 30);
  llvm::Expected<int64_t> scalar = Tensor::checkedSize(DType::F64, {});
  ASSERT_TRUE(bool(scalar));
  EXPECT_EQ(*scalar, 8);
  llvm::Expected<int64_t> empty = Tensor::checkedSize(DType::F32, {3, 0, 7});
  ASSERT_TRUE(bool(empty));
  EXPECT_EQ(*empty, 0);
  EXPECT_EQ(errorOf(Tensor::checkedSize(DType::F32, {2, -3})),
            "dimension -3 in shape 2x-3 is negative, expected 0 or more");
  EXPECT_EQ(errorOf(Tensor::checkedSize(DType::F32, {int64_t(1) << 31, int64_t(1) << 30})),
            "shape 2147483648x1073741824 of F32 takes more than 2^63 - 1 bytes");
  // A zero does not excuse the other dimensions: strides would overflow.
  EXPECT_NE(errorOf(Tensor::checkedSize(DType::U8, {0, int64_t(1) << 62, 4})), "");
  EXPECT_NE(errorOf(Tensor::checkedSize(DType::U8, {int64_t(1) << 62, 4, 0})), "");
}

TEST(Tensor, starts_at_zero_and_is_aligned) {
  Tensor tensor(DType::U8, {3, 43});
  EXPECT_EQ(tensor.size(), 129);
  EXPECT_EQ(tensor.bytes(), 129);
  EXPECT_EQ(tensor.dim(-1), 43);
  EXPECT_EQ(tensor.dim(0), 3);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.raw()) % 64, 0u);
  for (uint8_t element : tensor.as<uint8_t>())
    EXPECT_EQ(element, 0);
  EXPECT_EQ(tensor.describe(), "tensor 3x43 of U8");
  EXPECT_EQ(Tensor(DType::F32, {}).describe(), "tensor scalar of F32");
  EXPECT_EQ(Tensor(DType::F32, {}).size(), 1);
}

TEST(Tensor, elements_of_every_dtype) {
  for (DType dtype : {DType::F64, DType::F32, DType::F16, DType::BF16, DType::I64, DType::I32, DType::I16, DType::I8,
                      DType::U32, DType::U16, DType::U8}) {
    Tensor tensor(dtype, {2});
    tensor.setFloat(0, 7);
    tensor.setInt(1, 100);
    EXPECT_EQ(tensor.getFloat(0), 7) << tensor.describe();
    EXPECT_EQ(tensor.getInt(0), 7) << tensor.describe();
    EXPECT_EQ(tensor.getInt(1), 100) << tensor.describe();
  }
}

TEST(Tensor, integers_wrap_and_floats_saturate) {
  Tensor bytes(DType::I8, {1});
  bytes.setInt(0, 200);
  EXPECT_EQ(bytes.getInt(0), -56);
  bytes.setFloat(0, 200);
  EXPECT_EQ(bytes.getInt(0), 127);
  bytes.setFloat(0, -1e300);
  EXPECT_EQ(bytes.getInt(0), -128);
  bytes.setFloat(0, std::nan(""));
  EXPECT_EQ(bytes.getInt(0), 0);
  bytes.setFloat(0, 2.5); // ties to even
  EXPECT_EQ(bytes.getInt(0), 2);
  Tensor words(DType::U32, {1});
  words.setInt(0, -1);
  EXPECT_EQ(words.getInt(0), 4294967295);
  words.setFloat(0, -3);
  EXPECT_EQ(words.getInt(0), 0);
  Tensor longs(DType::I64, {1});
  longs.setFloat(0, 1e300);
  EXPECT_EQ(longs.getInt(0), std::numeric_limits<int64_t>::max());
  Tensor doubles(DType::F64, {1});
  doubles.setFloat(0, -2.75);
  EXPECT_EQ(doubles.getInt(0), -2);
  doubles.setFloat(0, std::numeric_limits<double>::infinity());
  EXPECT_EQ(doubles.getInt(0), std::numeric_limits<int64_t>::max());
}

TEST(Tensor, reshape_and_cast_keep_elements) {
  Tensor tensor(DType::F32, {2, 3});
  for (int i = 0; i < 6; ++i)
    tensor.setFloat(i, i + 0.25);
  Tensor flat = tensor.reshaped({6, 1});
  EXPECT_EQ(flat.shape(), llvm::ArrayRef<int64_t>({6, 1}));
  EXPECT_EQ(flat.getFloat(5), 5.25);
  for (DType dtype : {DType::F64, DType::F16, DType::BF16, DType::F32})
    EXPECT_EQ(tensor.castTo(dtype).castTo(DType::F32).as<float>(), tensor.as<float>()) << dtypeName(dtype).str();
  EXPECT_EQ(tensor.castTo(DType::I32).getInt(5), 5);
  EXPECT_EQ(tensor.castTo(DType::U8).castTo(DType::I16).castTo(DType::BF16).getFloat(4), 4);
}

} // namespace
