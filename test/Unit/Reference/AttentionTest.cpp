// Attention of the reference, merging, and the comparison that att-2 asks for (spec att-1..4, dns-1, sel-4).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"

#include "adamas/Reference/Attention.h"
#include "adamas/Reference/Compare.h"
#include <cmath>
#include <limits>

using namespace mlir::adamas;
using namespace mlir::adamas::test;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// One head of dimension 2: query (1, 0), so that a key's first coordinate is its score.
struct OneHead {
  Tensor query = floats(DType::F32, {1, 1, 2}, {1, 0});
  Tensor key = floats(DType::F32, {1, 1, 3, 2}, {0, 9, std::log(3.0), 9, 50, 9});
  Tensor value = floats(DType::F32, {1, 1, 3, 2}, {4, 0, 8, 4, 100, 100});

  ExactAttention over(const std::vector<int64_t> &list) {
    std::vector<int64_t> padded(list);
    padded.resize(4, -1);
    return ok(attendListed(query, key, value, ints({1, 1, 4}, padded), ints({1, 1}, {int64_t(list.size())}), 1.0));
  }
};

TEST(Att1, SoftmaxOfTheSelectedTokens) {
  ExactAttention got = OneHead().over({0, 1}); // weights 1/4 and 3/4
  EXPECT_NEAR(got.output[0], 7, 1e-6);
  EXPECT_NEAR(got.output[1], 3, 1e-6);
  EXPECT_NEAR(got.lse[0], std::log(4.0), 1e-7);
  EXPECT_NEAR(got.largestScore[0], std::log(3.0), 1e-7);
  EXPECT_TRUE(got.finite[0]);
}

TEST(Att1, DefaultScale) {
  std::mt19937 random(1);
  Tensor query = randomFloats(DType::F32, {1, 1, 16}, random), key = randomFloats(DType::F32, {1, 1, 5, 16}, random);
  Tensor lengths = ints({1}, {5});
  EXPECT_EQ(ok(attendVisible(query, key, key, lengths)).output,
            ok(attendVisible(query, key, key, lengths, nullptr, 0.25)).output);
}

TEST(Att3, EmptySet) {
  ExactAttention got = OneHead().over({});
  EXPECT_EQ(got.output, std::vector<double>({0, 0}));
  EXPECT_EQ(got.lse[0], -inf);
  RoundedAttention rounded = roundAttention(got);
  EXPECT_EQ(compareAttention(got, rounded.output, &rounded.lse), "");
}

TEST(Sel4, HeadsOfAGroupShareAList) {
  std::mt19937 random(2);
  Tensor query = randomFloats(DType::F16, {2, 2, 6, 8}, random), key = randomFloats(DType::F16, {1, 2, 9, 8}, random);
  Tensor value = randomFloats(DType::F16, {1, 2, 9, 8}, random);
  Tensor shared(DType::I32, {2, 2, 2, 3}), each(DType::I32, {2, 2, 6, 3});
  for (int64_t row = 0; row < 8; ++row)
    for (int64_t k = 0; k < 3; ++k) {
      shared.setInt(row * 3 + k, 2 * k + row % 4);
      for (int64_t g = 0; g < 3; ++g)
        each.setInt((row * 3 + g) * 3 + k, 2 * k + row % 4);
    }
  ExactAttention a = ok(attendListed(query, key, value, shared, ints({2, 2, 2}, std::vector<int64_t>(8, 3))));
  ExactAttention b = ok(attendListed(query, key, value, each, ints({2, 2, 6}, std::vector<int64_t>(24, 3))));
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.lse, b.lse);
}

TEST(Kv1, EachSequenceAndHeadReadsItsOwnValues) {
  // One token each, so the output is its value: sequences 0 and 1, KV heads 0 and 1, two query heads each.
  Tensor query(DType::F32, {2, 4, 1}), key(DType::F32, {2, 2, 1, 1}), lengths = ints({2}, {1, 1});
  Tensor value = floats(DType::F32, {2, 2, 1, 1}, {1, 2, 3, 4});
  EXPECT_EQ(ok(attendVisible(query, key, value, lengths)).output, std::vector<double>({1, 1, 2, 2, 3, 3, 4, 4}));
  Tensor shared = floats(DType::F32, {1, 2, 1, 1}, {1, 2}), sharedKey(DType::F32, {1, 2, 1, 1});
  EXPECT_EQ(ok(attendVisible(query, sharedKey, shared, lengths)).output, std::vector<double>({1, 1, 2, 2, 1, 1, 2, 2}));
}

TEST(Dns1, AllVisibleTokens) {
  std::mt19937 random(3);
  Tensor query = randomFloats(DType::F32, {1, 2, 2, 4}, random), key = randomFloats(DType::F32, {1, 1, 4, 4}, random);
  Tensor value = randomFloats(DType::F32, {1, 1, 4, 4}, random);
  ExactAttention dense = ok(attendVisible(query, key, value, ints({1}, {3}))); // nq-1: 2 tokens, then 3
  Tensor lists = ints({1, 2, 1, 3}, {0, 1, -1, 0, 1, 2});
  ExactAttention listed = ok(attendListed(query, key, value, lists, ints({1, 2, 1}, {2, 3})));
  EXPECT_EQ(dense.output, listed.output);
  EXPECT_EQ(errorOf(attendVisible(query, key, value, ints({1}, {1}))),
            "expects the length of a sequence to be 0 or at least its 2 query tokens, but got 1 for sequence 0");
  EXPECT_EQ(errorOf(attendVisible(query, key, value, ints({1}, {5}))),
            "expects 'seq_lens' to be from 0 to 4, but got 5 for sequence 0");
}

TEST(Att1, ListsThatAreWrong) {
  OneHead head;
  auto error = [&](const std::vector<int64_t> &list, int64_t length) {
    return errorOf(attendListed(head.query, head.key, head.value, ints({1, 1, 3}, list), ints({1, 1}, {length})));
  };
  EXPECT_EQ(error({0, 3, -1}, 2),
            "expects the positions of 'indices' to be from 0 to 2, but got 3 at 1 of sequence 0, head 0");
  EXPECT_EQ(error({0, 1, -1}, 3), "expects 'indices' to hold 'lengths' 3 positions, but got 2 at sequence 0, head 0");
  EXPECT_EQ(error({0, 1, -1}, 4), "expects 'lengths' to be from 0 to 3, but got 4 at sequence 0, head 0");
  EXPECT_EQ(error({0, 1, -1}, -1), "expects 'lengths' to be from 0 to 3, but got -1 at sequence 0, head 0");
}

TEST(Att4, PartsMergeToTheUnion) {
  std::mt19937 random(4);
  Tensor query = randomFloats(DType::F32, {3, 4, 16}, random, 4),
         key = randomFloats(DType::F32, {3, 2, 20, 16}, random);
  Tensor value = randomFloats(DType::F32, {3, 2, 20, 16}, random);
  Tensor lengths = ints({3}, {20, 7, 0}), parts = ints({5}, {0, 3, 3, 10, 20}); // the second is empty
  RoundedAttention pieces = roundPartialAttention(ok(attendVisible(query, key, value, lengths, &parts)));
  EXPECT_EQ(pieces.output.shape(), llvm::ArrayRef<int64_t>({3, 4, 4, 16}));
  RoundedAttention merged = ok(mergeAttention(pieces.output, pieces.lse, DType::F32));
  EXPECT_EQ(compareAttention(ok(attendVisible(query, key, value, lengths)), merged.output, &merged.lse), "");
  EXPECT_EQ(merged.lse.getFloat(2 * 4), -inf);
}

TEST(Att4, TheEmptySetIsNeutral) {
  Tensor output = floats(DType::F32, {1, 1, 2, 2}, {0, 0, 3, 5}), lse = floats(DType::F32, {1, 1, 2}, {-inf, -1000});
  RoundedAttention merged = ok(mergeAttention(output, lse, DType::F16));
  EXPECT_EQ(elements(merged.output), std::vector<int64_t>({3, 5}));
  EXPECT_EQ(merged.lse.getFloat(0), -1000);
}

TEST(Att4, ScoresOfMinusInfinityHaveNoWeightBesideOthers) {
  OneHead head;
  head.key.setFloat(0, -inf);
  RoundedAttention alone = roundAttention(head.over({0}));
  EXPECT_TRUE(std::isnan(alone.output.getFloat(0)));
  Tensor parts = ints({3}, {0, 1, 3}), lengths = ints({1}, {3});
  RoundedAttention pieces =
      roundPartialAttention(ok(attendVisible(head.query, head.key, head.value, lengths, &parts, 1.0)));
  RoundedAttention merged = ok(mergeAttention(pieces.output, pieces.lse, DType::F32));
  ExactAttention whole = ok(attendVisible(head.query, head.key, head.value, lengths, nullptr, 1.0));
  EXPECT_FALSE(whole.finite[0]);
  EXPECT_TRUE(std::isfinite(whole.output[0]));
  EXPECT_EQ(compareAttention(whole, merged.output, &merged.lse), "");
}

TEST(Att2, ToleranceOfEachElementType) {
  for (auto [dtype, relative] :
       {std::pair(DType::F32, 1e-5), std::pair(DType::F16, 1e-3), std::pair(DType::BF16, 8e-3)}) {
    ExactAttention exact;
    exact.rows = {1, 1, 2, false};
    exact.dim = 2;
    exact.dtype = dtype;
    exact.output = {3, 4, 3, 4};
    exact.lse = {1, 200};
    exact.largestScore = {1, 640}; // head 1: ten times the tolerance
    exact.finite = {true, true};
    Tensor good = floats(DType::F64, {1, 2, 2}, exact.output);
    // Held in f64, so that the type's own rounding does not blur the bound; the norm is 5.
    auto compare = [&](double first, double second) {
      exact.dtype = DType::F64;
      Tensor got = good;
      got.setFloat(0, 3 + first);
      got.setFloat(2, 3 + second);
      return compareAttention(exact, got);
    };
    if (dtype == DType::F32) {
      EXPECT_EQ(compare(4.9 * relative, 49 * relative), "");
      EXPECT_EQ(compare(5.1 * relative, 0).substr(0, 20), "sequence 0, head 0: ");
      EXPECT_EQ(compare(0, 51 * relative).substr(0, 20), "sequence 0, head 1: ");
      EXPECT_NE(compare(std::nan(""), 0), "");
      continue;
    }
    exact.dtype = dtype;
    Tensor got(dtype, {1, 2, 2});
    for (int64_t i = 0; i < 4; ++i)
      got.setFloat(i, exact.output[i]);
    EXPECT_EQ(compareAttention(exact, got), "");
    got.setFloat(1, 4 + 6.5 * relative);
    EXPECT_NE(compareAttention(exact, got), "") << dtypeName(dtype).str();
  }
}

TEST(Att2, ToleranceOfLse) {
  ExactAttention exact = OneHead().over({0, 1, 2});
  RoundedAttention rounded = roundAttention(exact);
  EXPECT_EQ(compareAttention(exact, rounded.output, &rounded.lse), "");
  Tensor lse = floats(DType::F32, {1, 1}, {50 + 4.9e-4});
  EXPECT_EQ(compareAttention(exact, rounded.output, &lse), "");
  lse = floats(DType::F32, {1, 1}, {50 + 5.2e-4});
  EXPECT_EQ(compareAttention(exact, rounded.output, &lse),
            "sequence 0, head 0: expected lse 50.0000000 within 5.000e-04, but got 50.0005188");
  lse = floats(DType::F32, {1, 1}, {-inf});
  EXPECT_NE(compareAttention(exact, rounded.output, &lse), "");
}

TEST(Att2, HeadsThatAreNotFinite) {
  OneHead head;
  head.value.setFloat(0, inf);
  ExactAttention exact = head.over({0, 1});
  EXPECT_FALSE(exact.finite[0]);
  EXPECT_EQ(compareAttention(exact, floats(DType::F32, {1, 1, 2}, {std::nan(""), 7})), "");
  EXPECT_EQ(compareAttention(exact, floats(DType::F32, {1, 1, 2}, {1, 7})),
            "sequence 0, head 0: expected a non-finite output, but got a finite one");
}

TEST(Compare, FirstDifference) {
  Tensor a = ints({2, 2}, {1, 2, 3, 4}), b = ints({2, 2}, {1, 2, 5, 6});
  EXPECT_EQ(compareExact("indices", a, a), "");
  EXPECT_EQ(compareExact("indices", a, b), "'indices': expected 3 at [1, 0], but got 5");
  EXPECT_EQ(compareExact("indices", a, a.reshaped({4})),
            "'indices': expected a tensor 2x2 of I32, but got a tensor 4 of I32");
}

} // namespace
