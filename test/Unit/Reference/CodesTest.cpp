// Codes, packing and query weights of the reference (spec buk-1..5, pak-1, pak-4, wgt-1, wgt-2, wgt-4), by hand.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"

#include "adamas/Reference/Rules.h"
#include <cmath>
#include <limits>

using namespace mlir::adamas;
using namespace mlir::adamas::reference;
using namespace mlir::adamas::test;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

/// Row `row` of canonical codes as integers.
std::vector<int64_t> codesOf(const Tensor &codes, int64_t row, int64_t planes = 0) {
  int64_t bits = codes.dim(-2), words = bits * codes.dim(-1);
  std::vector<uint8_t> bytes(codes.dim(-1) * 32);
  unpackCodes(codes.as<uint32_t>().slice(row * words, words), bits, planes ? planes : bits, bytes);
  return {bytes.begin(), bytes.end()};
}

/// `first`, then zeros up to 32 values.
std::vector<double> row32(std::vector<double> first) {
  first.resize(32, 0.0);
  return first;
}

TEST(Buk1, ThresholdsMustBeFiniteAndIncrease) {
  EXPECT_EQ(llvm::toString(checkThresholds(floats(DType::F32, {3}, {-1, 0, 1}))), "");
  EXPECT_EQ(llvm::toString(checkThresholds(floats(DType::F32, {3}, {-1, nan, 1}))),
            "expects finite 'thresholds', but number 1 is nan");
  EXPECT_EQ(llvm::toString(checkThresholds(floats(DType::F32, {2, 3}, {-1, 0, 1, -1, 0, inf}))),
            "expects finite 'thresholds', but number 2 of head 1 is inf");
  EXPECT_EQ(llvm::toString(checkThresholds(floats(DType::F32, {2, 3}, {-1, 0, 1, -1, 2, 2}))),
            "expects strictly increasing 'thresholds', but number 2 of head 1, 2, is not above number 1, 2");
  // The first of a head need not be above the last of the head before.
  EXPECT_EQ(llvm::toString(checkThresholds(floats(DType::F32, {2, 1}, {5, -5}))), "");
}

TEST(Buk3, CodesCountSmallerThresholdsNanIsZero) {
  Tensor input = floats(DType::F32, {1, 32}, row32({-11, -10, -9.5, 0, -0.0, 0.5, 10, 10.5, nan, inf, -inf}));
  Tensor codes = ok(bucketizePack(input, floats(DType::F32, {3}, {-10, 0, 10}), nullptr, 0));
  EXPECT_EQ(codes.shape(), llvm::ArrayRef<int64_t>({1, 2, 1}));
  std::vector<int64_t> expected{0, 0, 1, 1, 1, 2, 2, 3, 0, 3, 0};
  expected.resize(32, 1);
  EXPECT_EQ(codesOf(codes, 0), expected);
}

TEST(Buk2, QueryHeadsUseTheSetOfTheirKvHead) {
  // 6 heads, 2 sets, so heads 0..2 use set 0.
  Tensor input = floats(DType::F32, {6, 32}, std::vector<double>(6 * 32, 1.5));
  Tensor codes = ok(bucketizePack(input, floats(DType::F32, {2, 3}, {0, 1, 2, 1, 2, 3}), nullptr, 0));
  for (int64_t head = 0; head < 6; ++head)
    EXPECT_EQ(codesOf(codes, head), std::vector<int64_t>(32, head < 3 ? 2 : 1)) << head;
}

TEST(Buk2, HeadsAxisBeforeTokens) {
  // [B, Hkv, N, D] = [2, 2, 3, 32]
  Tensor input = floats(DType::F32, {2, 2, 3, 32}, std::vector<double>(2 * 2 * 3 * 32, 1.5));
  Tensor codes = ok(bucketizePack(input, floats(DType::F32, {2, 1}, {1, 2}), nullptr, 1));
  EXPECT_EQ(codes.shape(), llvm::ArrayRef<int64_t>({2, 2, 3, 1, 1}));
  for (int64_t row = 0; row < 12; ++row)
    EXPECT_EQ(codesOf(codes, row)[31], row / 3 % 2 == 0 ? 1 : 0) << row;
}

TEST(Buk5, OffsetOfTheHeadIsSubtracted) {
  Tensor input = floats(DType::F32, {2, 32}, std::vector<double>(64, 1.0));
  std::vector<double> offset(64, 0.0);
  offset[3] = 2;        // head 0, coordinate 3
  offset[32 + 5] = 1.0; // head 1, coordinate 5: 1 - 1 is not above 0
  Tensor offsets = floats(DType::F32, {2, 32}, offset);
  Tensor codes = ok(bucketizePack(input, floats(DType::F32, {1}, {0}), &offsets, 0));
  std::vector<int64_t> first(32, 1), second(32, 1);
  first[3] = second[5] = 0;
  EXPECT_EQ(codesOf(codes, 0), first);
  EXPECT_EQ(codesOf(codes, 1), second);
}

TEST(Pak1, BitsWordsAndPlanes) {
  std::vector<double> input(64, -1.0);
  input[0] = 3.5;  // code 3: both planes
  input[33] = 2.5; // code 2: the high plane
  input[63] = 1.5; // code 1: the low plane
  Tensor codes = ok(bucketizePack(floats(DType::F32, {1, 64}, input), floats(DType::F32, {3}, {1, 2, 3}), nullptr, 0));
  EXPECT_EQ(elements(codes), std::vector<int64_t>({1, int64_t(1) << 31, 1, 2})); // low plane, then high plane
}

TEST(Pak4, TopPlanesAreTheShiftedCode) {
  std::vector<int64_t> codes(32);
  for (int64_t j = 0; j < 32; ++j)
    codes[j] = j % 16;
  for (int64_t planes = 1; planes <= 4; ++planes) {
    std::vector<int64_t> expected;
    for (int64_t code : codes)
      expected.push_back(code >> (4 - planes));
    EXPECT_EQ(codesOf(packed({1}, 32, 4, codes), 0, planes), expected) << planes;
  }
}

TEST(Wgt2, TiesToEvenAndCap) {
  // |y| sums to 32 = W, so the factor is 1.
  Tensor y = floats(DType::F32, {1, 1, 32}, row32({0.5, 1.5, 2.5, -0.5, -1.5, 25.5}));
  std::vector<int64_t> expected{0, 2, 2, 0, -2, 7};
  expected.resize(32, 0);
  EXPECT_EQ(elements(ok(weigh(y, 32, 7, {}))), expected);
  expected[5] = 26;
  EXPECT_EQ(elements(ok(weigh(y, 32, 127, {}))), expected);
}

TEST(Wgt2, SumsThatGiveNoWeights) {
  for (double value : {0.0, std::ldexp(1.0, -102), inf, nan, 3e38}) { // 2 * 3e38 overflows
    Tensor y = floats(DType::F32, {1, 1, 32}, row32({value, -value}));
    EXPECT_EQ(elements(ok(weigh(y, 64, 7, {}))), std::vector<int64_t>(32, 0)) << value;
  }
  Tensor y = floats(DType::F32, {1, 1, 32}, row32({std::ldexp(1.0, -100)}));
  EXPECT_EQ(elements(ok(weigh(y, 64, 7, {})))[0], 7);
}

TEST(Wgt1, ButterflyOrder) {
  // The first three sum to 2^15 = W, whose neighbours are 2^-9 below and 2^-8 above. With a = 2^15 the weights are
  // rint(1.5) = 2 and rint(0.5) = 0; with anything more the first is 1.
  std::vector<double> y = row32({0x1p15 - 2, 1.5, 0.5});
  EXPECT_EQ(elements(ok(weigh(floats(DType::F32, {1, 1, 32}, y), 32768, 7, {})))[1], 2);
  // By strides 4, 8 and 16 these reach the large sum one by one and are lost; together they would not be.
  y[4] = y[8] = y[16] = 0x1p-9;
  EXPECT_EQ(elements(ok(weigh(floats(DType::F32, {1, 1, 32}, y), 32768, 7, {})))[1], 2);
  // Neighbours are added to each other first and count; from left to right they would be lost.
  y[4] = y[8] = 0;
  y[17] = 0x1p-9;
  EXPECT_EQ(elements(ok(weigh(floats(DType::F32, {1, 1, 32}, y), 32768, 7, {})))[1], 1);
}

TEST(Wgt4, GroupAddsNormalisedHeads) {
  // Head 0: |y| sums to 4, head 1 to 8; y = (1/4 - 4/8, 3/4 + 4/8) = (-0.25, 1.25), which sums to 1.5.
  std::vector<double> y = row32({1, 3}), second = row32({-4, 4});
  y.insert(y.end(), second.begin(), second.end());
  Tensor weights = ok(weigh(floats(DType::F32, {1, 2, 32}, y), 6, 7, 1));
  EXPECT_EQ(weights.shape(), llvm::ArrayRef<int64_t>({1, 1, 32}));
  EXPECT_EQ(weights.getInt(0), -1);
  EXPECT_EQ(weights.getInt(1), 5);
}

TEST(Wgt4, HeadsAreDividedNotMultiplied) {
  // 9/11 * 11/2 is 4.5, which rounds to 4; the product with the f32 nearest to 1/11 is above it.
  std::vector<double> y = row32({9, 2}), second = row32({0, 0, 1});
  y.insert(y.end(), second.begin(), second.end());
  std::vector<int64_t> weights = elements(ok(weigh(floats(DType::F32, {1, 2, 32}, y), 11, 7, 1)));
  weights.resize(3);
  EXPECT_EQ(weights, std::vector<int64_t>({4, 1, 6}));
}

TEST(Wgt4, HeadsWithoutASumContributeNothing) {
  std::vector<double> y = row32({nan, 3}), second = row32({-2, 6}), third = row32({});
  y.insert(y.end(), second.begin(), second.end());
  y.insert(y.end(), third.begin(), third.end());
  std::vector<int64_t> weights = elements(ok(weigh(floats(DType::F32, {1, 3, 32}, y), 8, 7, 1)));
  EXPECT_EQ(weights[0], -2);
  EXPECT_EQ(weights[1], 6);
  std::vector<double> none(3 * 32, 0.0);
  none[40] = inf;
  EXPECT_EQ(elements(ok(weigh(floats(DType::F32, {1, 3, 32}, none), 8, 7, 1))), std::vector<int64_t>(32, 0));
}

TEST(Wgt4, GroupOfOneIsNotDivided) {
  std::mt19937 random(1);
  Tensor y = randomFloats(DType::F32, {2, 2, 3, 64}, random);
  EXPECT_EQ(elements(ok(weigh(y, 128, 7, 3))), elements(ok(weigh(y, 128, 7, {}))));
}

} // namespace
