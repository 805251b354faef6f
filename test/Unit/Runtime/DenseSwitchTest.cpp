// Dense attention below the crossover length (spec dns-1): what is launched, on which lengths, in which memory.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"
#include <cstring>

namespace {

class DenseSwitchTest : public RuntimeTest {
protected:
  /// f16, D 64, 4 and 2 heads, batch 3, 100 tokens.
  void create(int32_t dense, const char *crossover, int32_t queryTokens = 1, int32_t lse = 1) {
    setenv("FAKE_CROSSOVER", crossover, 1);
    adamas_plan_desc desc = smallPlan();
    desc.query_tokens = queryTokens;
    desc.return_lse = lse;
    desc.dense_below_crossover = dense;
    desc.operations = ADAMAS_DECODE;
    createContext();
    ASSERT_OK(adamas_plan_create(context, &desc, &plan));
    fakeCudaSet("block_bytes", 1024);
    cache.key = at(0x100000);
    cache.value = at(0x200000);
    cache.codes = at(0x300000);
    cache.tokens = 100;
    cache.seq_lens = static_cast<const int32_t *>(at(0x400));
    args.cache = &cache;
    args.batch = 3;
    args.query = at(0x500000);
    args.output = at(0x700000);
    args.lse = static_cast<float *>(at(0x800));
  }

  adamas_status run(size_t size = 1 << 20) { return adamas_plan_run(plan, &args, workspace, size, nullptr); }

  std::vector<std::string> launched() {
    std::vector<std::string> names;
    for (size_t i = 0; i < size_t(fakeCudaLaunchCount()); ++i)
      names.push_back(fakeCudaLaunch(i)->kernel);
    return names;
  }

  template <typename Word> std::vector<Word> block(size_t launch, size_t byte, size_t count) {
    std::vector<Word> words(count);
    memcpy(words.data(), fakeCudaLaunch(launch)->parameters + byte, sizeof(Word) * count);
    return words;
  }

  size_t workspaceSize() {
    auto extent = make<adamas_extent>();
    extent.batch = 3;
    size_t size = 0;
    EXPECT_OK(adamas_plan_workspace_size(plan, &extent, &size));
    return size;
  }

  using Names = std::vector<std::string>;
  using Longs = std::vector<int64_t>;
  using Ints = std::vector<int32_t>;
  adamas_cache cache = make<adamas_cache>();
  adamas_decode_args args = make<adamas_decode_args>();
  void *workspace = at(0x10000000);
};

TEST_F(DenseSwitchTest, dns_1_OffUnlessTheDescriptorSaysSo) {
  create(0, "40");
  int64_t tokens = 0;
  ASSERT_OK(adamas_plan_crossover(plan, &tokens));
  EXPECT_EQ(tokens, 40);
  ASSERT_OK(run());
  EXPECT_EQ(launched(), (Names{"decode_kernel0"}));
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_crossover(plan, nullptr), "tokens: expected a pointer");
}

TEST_F(DenseSwitchTest, dns_1_TheDeviceSwitchesEverySequence) {
  create(1, "40");
  ASSERT_OK(run());
  ASSERT_EQ(launched(), (Names{"adamas_split_lengths", "decode_kernel0", "dense_kernel0", "adamas_take_dense_rows"}));
  // Three lengths in two arrays, an output and log-sum-exp at the front of the workspace.
  int64_t selecting = 0x10000000, dense = selecting + 256, output = dense + 256, lse = output + 1536, rest = lse + 256;
  EXPECT_EQ(fakeCudaLaunch(0)->grid[0], 1u);
  EXPECT_EQ(block<int64_t>(0, 0, 3), (Longs{0x400, selecting, dense}));
  EXPECT_EQ(block<int32_t>(0, 24, 2), (Ints{3, 40}));
  // Of decode: query, key, value, codes, lengths, output, lse, workspace.
  EXPECT_EQ(block<int64_t>(1, 8 * 36, 3), (Longs{selecting, 3, 1}));
  EXPECT_EQ(block<int64_t>(1, 8 * 39, 7), (Longs{0x700000, 3, 4, 64, 256, 64, 1}));
  EXPECT_EQ(block<int64_t>(1, 8 * 46, 5), (Longs{0x800, 3, 4, 4, 1}));
  EXPECT_EQ(block<int64_t>(1, 8 * 51, 1), (Longs{rest}));
  // Of dense: query, key, value, lengths, output, lse, workspace.
  EXPECT_EQ(block<int64_t>(2, 8 * 25, 3), (Longs{dense, 3, 1}));
  EXPECT_EQ(block<int64_t>(2, 8 * 28, 7), (Longs{output, 3, 4, 64, 256, 64, 1}));
  EXPECT_EQ(block<int64_t>(2, 8 * 35, 5), (Longs{lse, 3, 4, 4, 1}));
  EXPECT_EQ(block<int64_t>(2, 8 * 40, 1), (Longs{rest}));
  // A block a row of 64 halfwords.
  EXPECT_EQ(fakeCudaLaunch(3)->grid[0], 12u);
  EXPECT_EQ(block<int64_t>(3, 0, 8), (Longs{0x400, output, 0x700000, lse, 0x800, 512, 0, 128}));
  EXPECT_EQ(block<int32_t>(3, 64, 4), (Ints{40, 4, 4, 64}));
}

TEST_F(DenseSwitchTest, StridesQueryTokensAndNoLse) {
  create(1, "40", 2, 0);
  int64_t strides[] = {4096, 2048, 128};
  std::copy(strides, strides + 3, args.output_strides);
  args.lse = nullptr;
  ASSERT_OK(run());
  ASSERT_EQ(launched().size(), 4u);
  EXPECT_EQ(fakeCudaLaunch(3)->grid[0], 24u);
  EXPECT_EQ(block<int64_t>(3, 16, 6), (Longs{0x700000, 0, 0, 8192, 4096, 256}));
  EXPECT_EQ(block<int32_t>(3, 64, 4), (Ints{40, 8, 4, 64}));
  // The dense rows lie in order whatever the strides.
  EXPECT_EQ(block<int64_t>(2, 8 * 30, 9), (Longs{0x10000000 + 512, 3, 2, 4, 64, 512, 256, 64, 1}));
}

TEST_F(DenseSwitchTest, WithoutLongSequencesOneOperationIsEnough) {
  create(1, "101");
  ASSERT_OK(run());
  EXPECT_EQ(launched(), (Names{"dense_kernel0"}));
  EXPECT_EQ(block<int64_t>(0, 8 * 25, 1), (Longs{0x400}));
}

TEST_F(DenseSwitchTest, ACallsCapacityCounts) {
  create(1, "60");
  cache.tokens = 59;
  ASSERT_OK(run());
  EXPECT_EQ(launched(), (Names{"dense_kernel0"}));
  cache.tokens = 60;
  ASSERT_OK(run());
  EXPECT_EQ(launched().size(), 5u);
}

TEST_F(DenseSwitchTest, AnUnknownCrossoverChangesNothing) {
  create(1, "0");
  ASSERT_OK(run());
  EXPECT_EQ(launched(), (Names{"decode_kernel0"}));
}

TEST_F(DenseSwitchTest, NoSequenceNoLaunch) {
  create(1, "40");
  args.batch = 0;
  cache.pages = 3;
  ASSERT_OK(run());
  EXPECT_EQ(launched(), (Names{}));
}

TEST_F(DenseSwitchTest, WhatItNeedsIsAskedForAndChecked) {
  create(1, "40");
  size_t size = workspaceSize(), own = 256 + 256 + 1536 + 256;
  EXPECT_EQ(size, own + 3 * 4 * 385 * 4);
  ASSERT_OK(run(size));
  EXPECT_STATUS(ADAMAS_ERROR_WORKSPACE_TOO_SMALL, run(size - 1),
                "workspace: expected at least 20784 bytes for decode or dense at these sizes, but got 20783");
  workspace = at(0x10000010);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(size), "workspace: expected an address that is a multiple of 256");
  workspace = nullptr;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(size), "bytes of device memory, but got null");
  workspace = at(0x10000000);
  cache.seq_lens = nullptr;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(size), "seq_lens: expected a device pointer, but got null");
  EXPECT_EQ(launched().size(), 4u); // Of the first call.
}

} // namespace
