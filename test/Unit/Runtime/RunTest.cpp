// Running plans: how arguments become tensors, which are refused, and what validation finds.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"
#include <cstring>
#include <functional>

namespace {

class RunTest : public RuntimeTest {
protected:
  /// A small shape: f16, D 64, 2 bits, 4 and 2 heads, budget 8, batch 3.
  adamas_plan_desc small() {
    adamas_plan_desc desc = smallPlan();
    desc.metric = ADAMAS_L1;
    desc.return_lse = desc.return_indices = 1;
    desc.operations = ADAMAS_DECODE | ADAMAS_SELECT | ADAMAS_DENSE | ADAMAS_APPEND;
    return desc;
  }

  void create(const adamas_plan_desc &desc) {
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
    args.thresholds = static_cast<const float *>(at(0x600));
    args.output = at(0x700000);
    args.lse = static_cast<float *>(at(0x800));
    args.indices = static_cast<int32_t *>(at(0x900));
    args.lengths = static_cast<int32_t *>(at(0xa00));
  }

  adamas_status run() { return adamas_plan_run(plan, &args, workspace, 1 << 20, nullptr); }

  /// The words of the latest launch's block, from a word on.
  std::vector<int64_t> block(size_t from, size_t count) {
    std::vector<int64_t> words(count);
    if (fakeCudaLaunchCount())
      memcpy(words.data(), fakeCudaLaunch(fakeCudaLaunchCount() - 1)->parameters + 8 * from, 8 * count);
    return words;
  }
  using Words = std::vector<int64_t>;

  adamas_cache cache = make<adamas_cache>();
  adamas_decode_args args = make<adamas_decode_args>();
  void *workspace = at(0x10000000);
};

TEST_F(RunTest, DecodeOfAContiguousCache) {
  create(small());
  ASSERT_OK(run());
  EXPECT_STREQ(fakeCudaLaunch(0)->kernel, "decode_kernel0");
  EXPECT_EQ(fakeCudaLaunch(0)->grid[0], 24u);
  EXPECT_EQ(block(0, 7), (Words{0x500000, 3, 4, 64, 256, 64, 1}));                 // query
  EXPECT_EQ(block(7, 9), (Words{0x100000, 3, 2, 100, 64, 12800, 6400, 64, 1}));    // key
  EXPECT_EQ(block(16, 9), (Words{0x200000, 3, 2, 100, 64, 12800, 6400, 64, 1}));   // value
  EXPECT_EQ(block(25, 11), (Words{0x300000, 3, 2, 100, 2, 2, 800, 400, 4, 2, 1})); // codes
  EXPECT_EQ(block(36, 3), (Words{0x400, 3, 1}));                                   // seq_lens
  EXPECT_EQ(block(39, 5), (Words{0x600, 2, 3, 3, 1}));                             // thresholds
  EXPECT_EQ(block(44, 7), (Words{0x700000, 3, 4, 64, 256, 64, 1}));                // output
  EXPECT_EQ(block(51, 5), (Words{0x800, 3, 4, 4, 1}));                             // lse
  EXPECT_EQ(block(56, 7), (Words{0x900, 3, 4, 8, 32, 8, 1}));                      // indices
  EXPECT_EQ(block(63, 5), (Words{0xa00, 3, 4, 4, 1}));                             // lengths
  EXPECT_EQ(block(68, 7), (Words{0x10000000, 3, 4, 385, 1540, 385, 1}));           // buffer0
}

TEST_F(RunTest, StridesOfEveryKind) {
  adamas_plan_desc desc = small();
  desc.query_tokens = 2;
  create(desc);
  int64_t query[] = {4096, 2048, 128}, key[] = {16, 32, 48}, codes[] = {8, 16, 24, 4};
  std::copy(query, query + 3, args.query_strides);
  std::copy(key, key + 3, cache.key_strides);
  std::copy(codes, codes + 4, cache.codes_strides);
  cache.value_strides[1] = 6400; // All sequences share it.
  cache.value_strides[2] = 64;
  cache.pages = 5;
  ASSERT_OK(run());
  EXPECT_EQ(block(0, 9), (Words{0x500000, 3, 2, 4, 64, 4096, 2048, 128, 1}));
  EXPECT_EQ(block(9, 9), (Words{0x100000, 5, 2, 100, 64, 16, 32, 48, 1}));
  EXPECT_EQ(block(18, 9), (Words{0x200000, 5, 2, 100, 64, 0, 6400, 64, 1}));
  EXPECT_EQ(block(27, 11), (Words{0x300000, 5, 2, 100, 2, 2, 8, 16, 24, 4, 1}));
}

TEST_F(RunTest, PagedCache) {
  adamas_plan_desc desc = small();
  desc.page_size = 16;
  create(desc);
  cache.tokens = 0;
  cache.pages = 50;
  cache.page_table = static_cast<const int32_t *>(at(0xb00));
  cache.max_pages = 7;
  ASSERT_OK(run());
  EXPECT_EQ(block(7, 9), (Words{0x100000, 50, 2, 16, 64, 2048, 1024, 64, 1}));
  EXPECT_EQ(block(36, 5), (Words{0xb00, 3, 7, 7, 1}));
  cache.page_table_stride = 9;
  ASSERT_OK(run());
  EXPECT_EQ(block(36, 5), (Words{0xb00, 3, 7, 9, 1}));

  cache.page_table_stride = 6;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(), "cache.page_table_stride: expected 0 or at least max_pages (7)");
  cache.page_table_stride = 0;
  cache.max_pages = 8; // max_seq_len needs 7.
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(), "cache.max_pages: expected 1 to 7, but got 8");
  cache.max_pages = 7;
  cache.tokens = 32;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(), "cache.tokens: expected 0 or the page size (16)");
  cache.tokens = 16;
  cache.page_table = nullptr;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(), "page_table: expected a device pointer, but got null");
}

TEST_F(RunTest, SelectDenseAndAppend) {
  adamas_plan_desc desc = small();
  desc.policy = ADAMAS_PER_KV_HEAD;
  desc.key_offset = 1;
  create(desc);
  auto select = make<adamas_select_args>();
  select.cache = &cache;
  select.batch = 2;
  select.query = args.query;
  select.thresholds = args.thresholds;
  select.indices = args.indices;
  select.lengths = args.lengths;
  ASSERT_OK(adamas_plan_select(plan, &select, workspace, 1 << 20, nullptr));
  EXPECT_STREQ(fakeCudaLaunch(0)->kernel, "select_kernel0");
  EXPECT_EQ(block(0, 4), (Words{0x500000, 2, 4, 64}));
  EXPECT_EQ(block(26, 7), (Words{0x900, 2, 2, 8, 16, 8, 1})); // A list for each KV head.

  auto dense = make<adamas_dense_args>();
  dense.cache = &cache;
  dense.batch = 2;
  dense.query = args.query;
  dense.output = args.output;
  dense.lse = args.lse;
  ASSERT_OK(adamas_plan_dense(plan, &dense, workspace, 1 << 20, nullptr));
  EXPECT_STREQ(fakeCudaLaunch(1)->kernel, "dense_kernel0");
  EXPECT_EQ(block(28, 7), (Words{0x700000, 2, 4, 64, 256, 64, 1}));

  auto append = make<adamas_append_args>();
  append.cache = &cache;
  append.batch = 3;
  append.tokens = 11;
  append.new_key = at(0x900000);
  append.new_value = at(0xa00000);
  append.new_value_strides[0] = 512;
  append.new_value_strides[1] = 64;
  append.slots = static_cast<const int32_t *>(at(0xc00));
  append.thresholds = args.thresholds;
  append.offset = static_cast<const float *>(at(0xd00));
  ASSERT_OK(adamas_plan_append(plan, &append, workspace, 1 << 20, nullptr));
  EXPECT_STREQ(fakeCudaLaunch(2)->kernel, "append_kernel0");
  EXPECT_EQ(block(0, 7), (Words{0x900000, 11, 2, 64, 128, 64, 1}));
  EXPECT_EQ(block(7, 7), (Words{0xa00000, 11, 2, 64, 512, 64, 1}));
  EXPECT_EQ(block(14, 3), (Words{0xc00, 11, 1}));
  EXPECT_EQ(block(17, 5), (Words{0x100000, 3, 2, 100, 64}));
  append.offset = nullptr;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_append(plan, &append, workspace, 1 << 20, nullptr),
                "offset: expected a device pointer, but got null");
  append.tokens = -1;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_append(plan, &append, workspace, 1 << 20, nullptr),
                "tokens");
  append.tokens = 1;
  cache.pages = INT32_MAX;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_append(plan, &append, workspace, 1 << 20, nullptr),
                "cache: expected at most 2^31 slots");
}

/// One token for each of three sequences.
static adamas_append_args someTokens(const adamas_cache &cache) {
  auto tokens = make<adamas_append_args>();
  tokens.cache = &cache;
  tokens.tokens = 3;
  tokens.new_key = at(0x900000);
  tokens.new_value = at(0xa00000);
  tokens.slots = static_cast<const int32_t *>(at(0xc00));
  tokens.thresholds = static_cast<const float *>(at(0xe00));
  return tokens;
}

TEST_F(RunTest, AStepIsOneOperation) {
  adamas_plan_desc desc = small();
  desc.operations = ADAMAS_STEP;
  create(desc);
  adamas_append_args tokens = someTokens(cache);
  ASSERT_OK(adamas_plan_step(plan, &tokens, &args, workspace, 1 << 20, nullptr));
  EXPECT_EQ(fakeCudaLaunchCount(), 1u);
  EXPECT_STREQ(fakeCudaLaunch(0)->kernel, "step_kernel0");
  EXPECT_EQ(block(0, 7), (Words{0x900000, 3, 2, 64, 128, 64, 1}));  // new_key
  EXPECT_EQ(block(17, 7), (Words{0x500000, 3, 4, 64, 256, 64, 1})); // query
  EXPECT_EQ(block(56, 5), (Words{0xe00, 2, 3, 3, 1}));              // thresholds, of keys
  EXPECT_EQ(block(61, 5), (Words{0x600, 2, 3, 3, 1}));              // query_thresholds
  EXPECT_EQ(block(66, 2), (Words{0x700000, 3}));                    // output
  // What is appended is looked at as an append does, what is read as a run does.
  tokens.slots = nullptr;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_step(plan, &tokens, &args, workspace, 1 << 20, nullptr),
                "slots: expected a device pointer, but got null");
  tokens = someTokens(cache);
  args.query = nullptr;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_step(plan, &tokens, &args, workspace, 1 << 20, nullptr),
                "query: expected a device pointer, but got null");
  adamas_cache other = cache;
  tokens.cache = &other;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_step(plan, &tokens, &args, workspace, 1 << 20, nullptr),
                "tokens.cache: expected the cache of args");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(), "expected one with the operation decode");
}

TEST_F(RunTest, AStepOfAPlanThatMayAttendToAllIsTwo) {
  adamas_plan_desc desc = small();
  desc.return_indices = 0;
  desc.dense_below_crossover = 1;
  desc.operations = ADAMAS_STEP;
  create(desc);
  args.indices = args.lengths = nullptr;
  adamas_append_args tokens = someTokens(cache);
  ASSERT_OK(adamas_plan_step(plan, &tokens, &args, workspace, 1 << 20, nullptr));
  EXPECT_STREQ(fakeCudaLaunch(0)->kernel, "append_kernel0");
  EXPECT_GT(fakeCudaLaunchCount(), 1u);
}

TEST_F(RunTest, ArgumentsThatAreRefused) {
  create(small());
  adamas_decode_args good = args;
  adamas_cache goodCache = cache;
  struct {
    const char *expected;
    std::function<void()> change;
  } cases[] = {
      {"batch: expected 0 to 3, but got 4", [&] { args.batch = 4; }},
      {"batch: expected 0 to 3, but got -1", [&] { args.batch = -1; }},
      {"args.cache: expected a pointer, but got null", [&] { args.cache = nullptr; }},
      {"args.struct_size", [&] { args.struct_size = 4; }},
      {"args.cache.struct_size", [&] { cache.struct_size = 4; }},
      {"cache.tokens: expected 0 to 100, but got 101", [&] { cache.tokens = 101; }},
      {"cache.pages: expected 3 to", [&] { cache.pages = 2; }},
      {"cache.page_table: expected null", [&] { cache.page_table = cache.seq_lens; }},
      {"query: expected a device pointer, but got null", [&] { args.query = nullptr; }},
      {"query: expected an address that is a multiple of 16", [&] { args.query = at(0x500008); }},
      {"key: expected a device pointer", [&] { cache.key = nullptr; }},
      {"key: expected strides of a multiple of 16 bytes, but axis 2 has 60", [&] { cache.key_strides[2] = 60; }},
      {"thresholds: expected a device pointer", [&] { args.thresholds = nullptr; }},
      {"lse: expected a device pointer", [&] { args.lse = nullptr; }},
      {"indices: expected a device pointer", [&] { args.indices = nullptr; }},
      {"output: expected a stride of at least 1 on axis 0", [&] { args.output_strides[2] = 64; }},
  };
  for (auto &test : cases) {
    args = good;
    cache = goodCache;
    test.change();
    EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(), test.expected);
  }
  EXPECT_EQ(fakeCudaLaunchCount(), 0u);
  args = good;
  cache = goodCache;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_run(nullptr, &args, workspace, 0, nullptr), "plan");
  EXPECT_STATUS(ADAMAS_ERROR_WORKSPACE_TOO_SMALL, adamas_plan_run(plan, &args, workspace, 0, nullptr), "18480 bytes");
  args.batch = 0;
  EXPECT_OK(run());
  EXPECT_EQ(fakeCudaLaunchCount(), 0u);
}

TEST_F(RunTest, WhatThePlanDoesNotServe) {
  adamas_plan_desc desc = small();
  desc.operations = ADAMAS_SELECT;
  create(desc);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(), "plan: expected one with the operation decode, but it has none");
}

TEST_F(RunTest, WorkspaceServesEveryOperation) {
  create(small());
  auto extent = make<adamas_extent>();
  extent.batch = 3;
  size_t size = 0;
  ASSERT_OK(adamas_plan_workspace_size(plan, &extent, &size));
  EXPECT_EQ(size, 3u * 4 * 385 * 4);
  extent.append_tokens = 100; // Of append, one row a token.
  ASSERT_OK(adamas_plan_workspace_size(plan, &extent, &size));
  EXPECT_EQ(size, 100u * 385 * 4);
  extent.batch = 4;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_workspace_size(plan, &extent, &size),
                "batch: expected 0 to 3");
  extent.batch = 3;
  extent.tokens = 101;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_workspace_size(plan, &extent, &size),
                "tokens: expected 0 to");
}

TEST_F(RunTest, ValidationReadsLengthsAndPageTable) {
  adamas_plan_desc desc = small();
  desc.page_size = 16;
  desc.query_tokens = 2;
  create(desc);
  std::vector<int32_t> lengths = {33, 0, 100}, pages(3 * 9, -7);
  for (int i : {0, 1, 2, 18, 19, 20, 21, 22, 23, 24})
    pages[i] = i % 18;
  cache.tokens = 0;
  cache.pages = 8;
  cache.max_pages = 7;
  cache.page_table_stride = 9;
  cache.page_table = pages.data();
  cache.seq_lens = lengths.data();
  auto validate = [&] { return adamas_plan_validate(plan, &cache, 3, nullptr); };
  EXPECT_OK(validate());
  pages[22] = 8;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, validate(),
                "page_table: sequence 2, entry 4: expected a page from 0 to 7, but got 8");
  pages[22] = 4;
  lengths[0] = 49;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, validate(),
                "page_table: sequence 0, entry 3: expected a page from 0 to 7, but got -7");
  lengths[0] = 101;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, validate(), "seq_lens: sequence 0: expected 0 to 100 tokens, but got 101");
  lengths[0] = 33;
  lengths[1] = -1;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, validate(), "seq_lens: sequence 1: expected 0 to 100 tokens, but got -1");
  lengths[1] = 1;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, validate(), "seq_lens: sequence 1: expected 0 or at least 2 tokens");
  lengths[1] = 0;
  fakeCudaSet("cuMemcpyDtoHAsync", 719);
  EXPECT_STATUS(ADAMAS_ERROR_DRIVER, validate(), "cuMemcpyDtoHAsync: expected success");
  fakeCudaSet("cuMemcpyDtoHAsync", 0);

  auto append = make<adamas_append_args>();
  std::vector<int32_t> slots = {5, -1, 127, -1};
  append.cache = &cache;
  append.tokens = 4;
  append.slots = slots.data();
  EXPECT_OK(adamas_plan_validate_append(plan, &append, nullptr));
  slots[1] = 128;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, adamas_plan_validate_append(plan, &append, nullptr),
                "slots: token 1: expected -1 to 127, but got 128");
  slots[1] = -2;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, adamas_plan_validate_append(plan, &append, nullptr), "slots: token 1");
  slots[1] = 127;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, adamas_plan_validate_append(plan, &append, nullptr),
                "slots: token 2: expected a slot of its own, but token 1 has 127 too");
}

TEST_F(RunTest, ValidationAsksTheDriverAboutPointers) {
  setenv("ADAMAS_VALIDATE", "1", 1);
  adamas_plan_desc desc = small();
  desc.operations = ADAMAS_DECODE;
  create(desc);
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, run(), "workspace: expected device memory, but the driver does not know");
  std::vector<void *> memory;
  auto allocate = [&](size_t size) {
    memory.push_back(nullptr);
    EXPECT_OK(adamas_memory_allocate(context, size, &memory.back()));
    return memory.back();
  };
  workspace = allocate(256 + 18480); // with checked lengths in front
  args.query = allocate(3 * 4 * 64 * 2);
  cache.key = allocate(3 * 2 * 100 * 64 * 2);
  cache.value = allocate(3 * 2 * 100 * 64 * 2);
  cache.codes = allocate(3 * 2 * 100 * 16);
  cache.seq_lens = static_cast<int32_t *>(allocate(12));
  args.thresholds = static_cast<float *>(allocate(2 * 3 * 4));
  args.output = allocate(3 * 4 * 64 * 2);
  args.lse = static_cast<float *>(allocate(3 * 4 * 4));
  args.indices = static_cast<int32_t *>(allocate(3 * 4 * 8 * 4));
  args.lengths = static_cast<int32_t *>(allocate(3 * 4 * 4));
  EXPECT_OK(run());
  ASSERT_EQ(fakeCudaLaunchCount(), 2u);
  EXPECT_STREQ(fakeCudaLaunch(0)->kernel, "adamas_check_tables");
  EXPECT_STREQ(fakeCudaLaunch(1)->kernel, "decode_kernel0");
  cache.tokens = 100;
  cache.pages = 4;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, run(), "key: expected 102400 bytes behind");
  cache.pages = 3;
  args.lse = static_cast<float *>(workspace);
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, run(), "lse: expected memory apart from the workspace, but it overlaps it");
  args.lse = reinterpret_cast<float *>(static_cast<char *>(workspace) + 256);
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, run(), "lse: expected memory apart from the workspace, but it overlaps it");
  for (size_t i = 2; i < size_t(fakeCudaLaunchCount()); ++i)
    EXPECT_STREQ(fakeCudaLaunch(i)->kernel, "adamas_check_tables");
  for (void *pointer : memory)
    EXPECT_OK(adamas_memory_free(context, pointer));
}

} // namespace
