// Append and paged views of the reference (spec kv-1..5), by hand.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"

#include "adamas/Reference/Hadamard.h"
#include "adamas/Reference/Rules.h"

using namespace mlir::adamas;
using namespace mlir::adamas::reference;
using namespace mlir::adamas::test;

namespace {

constexpr int64_t dim = 32, heads = 2;

/// Empty pools of 3 pages of 4 tokens.
Pools makePools(PoolLayout layout) {
  bool headMajor = layout == PoolLayout::HeadMajor;
  int64_t first = headMajor ? heads : 4, second = headMajor ? 4 : heads;
  return {Tensor(DType::F16, {3, first, second, dim}), Tensor(DType::F16, {3, first, second, dim}),
          Tensor(DType::U32, {3, first, second, 2, 1})};
}

struct NewTokens {
  std::mt19937 random{7};
  Tensor key = randomFloats(DType::F16, {3, heads, dim}, random),
         value = randomFloats(DType::F16, {3, heads, dim}, random);
  Tensor thresholds = floats(DType::F32, {3}, {-0.5, 0, 0.5});
};

TEST(Kv3, TokensGoToTheirSlots) {
  NewTokens tokens;
  Tensor codes = ok(bucketizePack(ok(hadamardRows(tokens.key)), tokens.thresholds, nullptr, 1));
  for (PoolLayout layout : {PoolLayout::HeadMajor, PoolLayout::TokenMajor}) {
    Pools got = ok(append(tokens.key, tokens.value, ints({3}, {6, -1, 11}), makePools(layout), tokens.thresholds,
                          nullptr, layout));
    int64_t written = 0;
    for (int64_t slot = 0; slot < 12; ++slot)
      for (int64_t h = 0; h < heads; ++h) {
        int64_t page = slot / 4, at = slot % 4;
        int64_t vector = layout == PoolLayout::HeadMajor ? (page * heads + h) * 4 + at : (page * 4 + at) * heads + h;
        int64_t token = slot == 6 ? 0 : slot == 11 ? 2 : -1;
        for (int64_t j = 0; j < dim; ++j) {
          EXPECT_EQ(got.key.getFloat(vector * dim + j),
                    token < 0 ? 0 : tokens.key.getFloat((token * heads + h) * dim + j));
          EXPECT_EQ(got.value.getFloat(vector * dim + j),
                    token < 0 ? 0 : tokens.value.getFloat((token * heads + h) * dim + j));
        }
        for (int64_t p = 0; p < 2; ++p)
          EXPECT_EQ(got.codes.getInt(vector * 2 + p), token < 0 ? 0 : codes.getInt((token * heads + h) * 2 + p));
        written += token >= 0;
      }
    EXPECT_EQ(written, 4);
  }
}

TEST(Kv3, OfEqualSlotsTheLastWins) {
  NewTokens tokens;
  Pools got = ok(append(tokens.key, tokens.value, ints({3}, {5, 5, 5}), makePools(PoolLayout::TokenMajor),
                        tokens.thresholds, nullptr, PoolLayout::TokenMajor));
  EXPECT_EQ(got.key.getFloat(5 * heads * dim), tokens.key.getFloat(2 * heads * dim));
}

TEST(Kv3, SlotsOutsideThePool) {
  NewTokens tokens;
  for (int64_t slot : {12, -2})
    EXPECT_EQ(errorOf(append(tokens.key, tokens.value, ints({3}, {0, slot, -1}), makePools(PoolLayout::HeadMajor),
                             tokens.thresholds, nullptr, PoolLayout::HeadMajor)),
              "expects 'slots' to be -1 or from 0 to 11, but got " + std::to_string(slot) + " at 1");
}

TEST(Kv2, CodesAreThoseOfTheRotatedKeyLessTheOffset) {
  NewTokens tokens;
  std::mt19937 random(8);
  Tensor offset = randomFloats(DType::F32, {heads, dim}, random);
  Pools got = ok(append(tokens.key, tokens.value, ints({3}, {0, 1, 2}), makePools(PoolLayout::TokenMajor),
                        tokens.thresholds, &offset, PoolLayout::TokenMajor));
  Tensor codes = ok(bucketizePack(ok(hadamardRows(tokens.key)), tokens.thresholds, &offset, 1));
  EXPECT_EQ(got.codes.as<uint32_t>().take_front(codes.size()), llvm::ArrayRef<uint32_t>(codes.as<uint32_t>()));
}

TEST(Kv1, ViewsFollowThePageTable) {
  std::mt19937 random(9);
  Tensor table = ints({2, 3}, {2, 0, -1, 1, -1, -1});
  for (PoolLayout layout : {PoolLayout::HeadMajor, PoolLayout::TokenMajor}) {
    Tensor pool = randomFloats(DType::BF16, makePools(layout).key.shape(), random);
    Tensor view = ok(pagedView(pool, table, layout));
    EXPECT_EQ(view.shape(), llvm::ArrayRef<int64_t>({2, heads, 12, dim}));
    for (int64_t b = 0; b < 2; ++b)
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t n = 0; n < 12; ++n) {
          int64_t page = table.getInt(b * 3 + n / 4), at = n % 4;
          int64_t vector = layout == PoolLayout::HeadMajor ? (page * heads + h) * 4 + at : (page * 4 + at) * heads + h;
          for (int64_t j = 0; j < dim; ++j)
            EXPECT_EQ(view.getFloat(((b * heads + h) * 12 + n) * dim + j),
                      page < 0 ? 0 : pool.getFloat(vector * dim + j));
        }
  }
}

TEST(Kv1, ViewsOfCodes) {
  Tensor pool(DType::U32, {2, 1, 2, 2, 1}); // 2 pages, 1 head, 2 tokens, 2 planes of a word
  for (int64_t i = 0; i < 8; ++i)
    pool.setInt(i, i);
  Tensor view = ok(pagedView(pool, ints({1, 2}, {1, 0}), PoolLayout::HeadMajor));
  EXPECT_EQ(view.shape(), llvm::ArrayRef<int64_t>({1, 1, 4, 2, 1}));
  EXPECT_EQ(elements(view), std::vector<int64_t>({4, 5, 6, 7, 0, 1, 2, 3}));
}

TEST(Kv5, EntriesOutsideThePool) {
  Tensor pool(DType::F32, {2, 1, 2, 32});
  EXPECT_EQ(errorOf(pagedView(pool, ints({2, 2}, {0, 1, 0, 2}), PoolLayout::HeadMajor)),
            "expects 'page_table' to hold -1 or a page from 0 to 1, but got 2 in entry 1 of sequence 1");
  EXPECT_NE(errorOf(pagedView(pool, ints({1, 1}, {-2}), PoolLayout::HeadMajor)), "");
}

} // namespace
