// Lengths and page tables that the device looks at (spec kv-5): what is launched, on which memory, and what a record
// says.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"
#include <cstring>

namespace {

class TableCheckTest : public RuntimeTest {
protected:
  /// f16, D 64, 4 and 2 heads, 100 tokens of a sequence, in memory that the driver knows.
  void create(int32_t validate, int32_t pageSize, uint32_t operations = ADAMAS_DECODE) {
    desc = smallPlan();
    desc.query_tokens = 2;
    desc.page_size = pageSize;
    desc.validate = validate;
    desc.operations = operations;
    createContext();
    ASSERT_OK(adamas_plan_create(context, &desc, &plan));
    fakeCudaSet("block_bytes", 1024);
    cache.key = allocate(8 * 2 * 100 * 64 * 2);
    cache.value = allocate(8 * 2 * 100 * 64 * 2);
    cache.codes = allocate(8 * 2 * 100 * 16);
    cache.seq_lens = static_cast<int32_t *>(allocate(12));
    cache.tokens = pageSize ? 0 : 100;
    if (pageSize) {
      cache.pages = 8;
      cache.max_pages = 6;
      cache.page_table_stride = 9;
      cache.page_table = static_cast<int32_t *>(allocate(3 * 9 * 4));
    }
    args.cache = &cache;
    args.batch = 3;
    args.query = allocate(3 * 2 * 4 * 64 * 2);
    args.output = allocate(3 * 2 * 4 * 64 * 2);
    workspace = allocate(size);
  }

  void TearDown() override {
    for (void *pointer : memory)
      EXPECT_OK(adamas_memory_free(context, pointer));
    RuntimeTest::TearDown();
  }

  void *allocate(size_t bytes) {
    memory.push_back(nullptr);
    EXPECT_OK(adamas_memory_allocate(context, bytes, &memory.back()));
    return memory.back();
  }

  template <typename Word> std::vector<Word> block(size_t launch, size_t byte, size_t count) {
    std::vector<Word> words(count);
    memcpy(words.data(), fakeCudaLaunch(launch)->parameters + byte, sizeof(Word) * count);
    return words;
  }

  /// The record of the plan, which the fake device keeps on the host.
  uint64_t &record() { return *reinterpret_cast<uint64_t *>(block<uint64_t>(0, 24, 1)[0]); }

  adamas_status run() { return adamas_plan_run(plan, &args, workspace, size, nullptr); }
  static int64_t number(const void *pointer) { return reinterpret_cast<intptr_t>(pointer); }

  adamas_plan_desc desc;
  adamas_cache cache = make<adamas_cache>();
  adamas_decode_args args = make<adamas_decode_args>();
  void *workspace = nullptr;
  size_t size = 1 << 16;
  std::vector<void *> memory;
};

TEST_F(TableCheckTest, kv_5_OperationsGetCheckedLengths) {
  create(1, 16);
  ASSERT_OK(run());
  ASSERT_EQ(fakeCudaLaunchCount(), 2u);
  EXPECT_STREQ(fakeCudaLaunch(0)->kernel, "adamas_check_tables");
  EXPECT_EQ(fakeCudaLaunch(0)->grid[0], 3u);
  EXPECT_EQ(block<int64_t>(0, 0, 3),
            (std::vector<int64_t>{number(cache.seq_lens), number(cache.page_table), number(workspace)}));
  EXPECT_EQ(block<int64_t>(0, 32, 1), (std::vector<int64_t>{9}));
  // 96 tokens in 6 pages of 16, of which the cache has 8; 2 query tokens.
  EXPECT_EQ(block<int32_t>(0, 40, 4), (std::vector<int32_t>{96, 16, 8, 2}));
  // Query, key, value, codes and page table come before the lengths, output and workspace behind them.
  EXPECT_STREQ(fakeCudaLaunch(1)->kernel, "decode_kernel0");
  EXPECT_EQ(block<int64_t>(1, 8 * (9 + 9 + 9 + 11 + 5), 3), (std::vector<int64_t>{number(workspace), 3, 1}));
  EXPECT_EQ(block<int64_t>(1, 8 * (9 + 9 + 9 + 11 + 5 + 3 + 9), 1), (std::vector<int64_t>{number(workspace) + 256}));
}

TEST_F(TableCheckTest, kv_5_TheRecordNamesSequenceAndEntryOnce) {
  create(1, 16);
  ASSERT_OK(adamas_plan_read_errors(plan, nullptr));
  ASSERT_OK(run());
  ASSERT_OK(adamas_plan_read_errors(plan, nullptr));
  record() = (uint64_t(2) << 32) | 5; // as the kernel would write it
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, adamas_plan_read_errors(plan, nullptr),
                "page_table: sequence 2, entry 4: expected a page of the cache");
  EXPECT_OK(adamas_plan_read_errors(plan, nullptr));
  record() = uint64_t(1) << 32;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, adamas_plan_read_errors(plan, nullptr), "seq_lens: sequence 1: expected 0");
  EXPECT_EQ(record(), UINT64_MAX);
  fakeCudaSet("cuStreamSynchronize", 719);
  EXPECT_STATUS(ADAMAS_ERROR_DRIVER, adamas_plan_read_errors(plan, nullptr), "cuStreamSynchronize: expected success");
  fakeCudaSet("cuStreamSynchronize", 0);
}

TEST_F(TableCheckTest, ContiguousCachesHaveLengthsOnly) {
  create(1, 0);
  cache.tokens = 90;
  ASSERT_OK(run());
  EXPECT_EQ(block<int64_t>(0, 8, 1), (std::vector<int64_t>{0}));
  EXPECT_EQ(block<int32_t>(0, 40, 1), (std::vector<int32_t>{90}));
}

TEST_F(TableCheckTest, OffUnlessThePlanValidates) {
  create(0, 16);
  ASSERT_OK(run());
  EXPECT_EQ(fakeCudaLaunchCount(), 1u);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_read_errors(plan, nullptr),
                "plan: expected one that validates and reads caches: set validate or ADAMAS_VALIDATE");
}

TEST_F(TableCheckTest, AppendReadsNoLengths) {
  create(1, 16, ADAMAS_APPEND);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_read_errors(plan, nullptr), "decode, select or dense");
}

TEST_F(TableCheckTest, WhatItReadsAndWritesIsChecked) {
  create(1, 16);
  auto extent = make<adamas_extent>();
  extent.batch = 3;
  extent.pages = 8;
  size_t needed = 0;
  ASSERT_OK(adamas_plan_workspace_size(plan, &extent, &needed));
  EXPECT_EQ(needed, 256u + 3 * 4 * 385 * 4);
  size = 255;
  EXPECT_STATUS(ADAMAS_ERROR_WORKSPACE_TOO_SMALL, run(), "workspace: expected at least 256 bytes for validation alone");
  size = needed;
  ASSERT_OK(run());
  auto *table = std::exchange(cache.page_table, nullptr);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(), "page_table: expected a device pointer, but got null");
  cache.page_table = static_cast<const int32_t *>(at(0x400));
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, run(), "page_table: expected device memory");
  cache.page_table = table;
  cache.page_table_stride = 90;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, run(), "page_table: expected 744 bytes behind");
  EXPECT_EQ(fakeCudaLaunchCount(), 2u); // Of the one that was in order.
}

} // namespace
