// Plans on the CPU: what the compiler's functions are given, what append writes, and what is refused.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"
#include "adamas/runtime.hpp"
#include <numeric>

#ifdef __SANITIZE_ADDRESS__
#define UNDER_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ADDRESS_SANITIZER
#endif
#endif

namespace {

class CpuTest : public RuntimeTest {
protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    setenv("ADAMAS_LIBCUDA", "/nonexistent/libcuda.so.1", 1); // None is needed.
    ASSERT_OK(adamas_context_create_cpu(2, &context));
    adamas_plan_desc_init(&desc);
    desc.dtype = ADAMAS_F32;
    desc.head_dim = 32;
    desc.query_heads = 4;
    desc.kv_heads = 2;
    desc.budget = 8;
    desc.max_batch = 4;
    desc.max_seq_len = 64;
    desc.operations = ADAMAS_DECODE | ADAMAS_DENSE | ADAMAS_APPEND;
    cache = make<adamas_cache>();
    cache.key = key.data();
    cache.value = value.data();
    cache.codes = codes.data();
    cache.tokens = 20;
    cache.seq_lens = lengths.data();
    args = make<adamas_decode_args>();
    args.cache = &cache;
    args.batch = 2;
    args.query = query.data();
    args.output = output.data();
    append = make<adamas_append_args>();
    append.cache = &cache;
    append.batch = 2;
    append.tokens = 2;
    append.new_key = newKey.data();
    append.new_value = newValue.data();
    append.slots = slots.data();
    append.thresholds = thresholds.data();
  }

  void TearDown() override {
    if (plan)
      adamas_plan_destroy(plan);
    plan = nullptr;
    EXPECT_EQ(fakeCompilerFunctions(), 0);
    RuntimeTest::TearDown();
  }

  void createPlan() { ASSERT_OK(adamas_plan_create(context, &desc, &plan)); }
  adamas_status run() { return adamas_plan_run(plan, &args, nullptr, 0, nullptr); }
  adamas_status runAppend() { return adamas_plan_append(plan, &append, workspace.data(), workspace.size(), nullptr); }

  adamas_plan_desc desc;
  adamas_cache cache;
  adamas_decode_args args;
  adamas_append_args append;
  std::vector<float> key = std::vector<float>(2 * 2 * 20 * 32, -1), value = key, query = std::vector<float>(2 * 4 * 32);
  std::vector<float> output = query, newKey = std::vector<float>(2 * 2 * 32), newValue = newKey;
  std::vector<float> thresholds = std::vector<float>(2 * 3);
  // Whole tiles: 20 tokens take the place of 32.
  std::vector<uint32_t> codes = std::vector<uint32_t>(2 * 2 * 2 * 32, 7);
  std::vector<int32_t> lengths = {20, 5}, slots = {19, 20 + 3};
  std::vector<char> workspace = std::vector<char>(2 * 2 * 16 * 4);
};

TEST_F(CpuTest, Properties) {
  auto properties = make<adamas_device_properties>();
  ASSERT_OK(adamas_context_info(context, &properties));
  EXPECT_EQ(properties.ordinal, -1);
  EXPECT_EQ(properties.multiprocessors, 2);
  EXPECT_STREQ(properties.chip, "x86");
  EXPECT_GT(properties.memory_bytes, 0);
  EXPECT_NE(properties.name[0], '\0');
  EXPECT_GE(adamas::Context::cpu().properties().multiprocessors, 1);
  adamas_context *other = nullptr;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_context_create_cpu(-1, &other),
                "threads: expected 1 to 4096, or 0 for all, but got -1");
}

TEST_F(CpuTest, Memory) {
  void *memory = nullptr;
  ASSERT_OK(adamas_memory_allocate(context, 12, &memory));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0u);
  std::vector<float> host = {1, 2, 3}, back(3);
  EXPECT_OK(adamas_memory_write(context, memory, host.data(), 12, nullptr));
  EXPECT_OK(adamas_memory_read(context, back.data(), memory, 12, nullptr));
  EXPECT_EQ(back, host);
  EXPECT_OK(adamas_stream_synchronize(context, nullptr));
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_stream_synchronize(context, at(0x10)),
                "stream: expected null on the CPU, which has none, but got 0x10");
  EXPECT_OK(adamas_memory_free(context, memory));
#ifndef UNDER_ADDRESS_SANITIZER // whose allocator ends the process instead
  EXPECT_STATUS(ADAMAS_ERROR_OUT_OF_MEMORY, adamas_memory_allocate(context, size_t(1) << 62, &memory),
                "host memory: expected 4611686018427387904 free bytes");
#endif
}

TEST_F(CpuTest, Decode) {
  cache.pages = 2;
  args.batch = 1; // The cache may hold more.
  createPlan();
  EXPECT_NE(std::string(fakeCompilerRequest()).find("\"chip\":\"x86\""), std::string::npos);
  ASSERT_OK(run());
  // query, key, value, codes, seq_lens, output
  EXPECT_EQ(fakeCompilerValue(0).data, query.data());
  adamas_tensor keys = fakeCompilerValue(1), tiles = fakeCompilerValue(3);
  EXPECT_EQ(std::vector<int64_t>(keys.sizes, keys.sizes + 4), (std::vector<int64_t>{1, 2, 20, 32}));
  EXPECT_EQ(std::vector<int64_t>(tiles.sizes, tiles.sizes + 6), (std::vector<int64_t>{1, 2, 2, 2, 1, 16}));
  EXPECT_EQ(std::vector<int64_t>(tiles.strides, tiles.strides + 6), (std::vector<int64_t>{128, 64, 32, 16, 16, 1}));
  EXPECT_EQ(fakeCompilerValue(5).data, output.data());
}

TEST_F(CpuTest, StridesOfCodes) {
  createPlan();
  cache.codes_strides[0] = 4096;
  cache.codes_strides[1] = 512;
  cache.codes_strides[3] = 64;
  args.batch = 1;
  ASSERT_OK(run());
  adamas_tensor tiles = fakeCompilerValue(3);
  EXPECT_EQ(std::vector<int64_t>(tiles.strides, tiles.strides + 6), (std::vector<int64_t>{4096, 512, 64, 16, 16, 1}));
  cache.codes_strides[2] = 2;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(),
                "codes_strides: expected 0 for tokens on the CPU, where 16 of them share a tile, but got 2");
}

TEST_F(CpuTest, OneSetOfThresholdsHasNoHeads) {
  desc.threshold_sets = 1;
  desc.metric = ADAMAS_L1;
  createPlan();
  args.thresholds = thresholds.data();
  ASSERT_OK(run());
  EXPECT_EQ(fakeCompilerValue(5).rank, 1);
  EXPECT_EQ(fakeCompilerValue(5).sizes[0], 3);
}

TEST_F(CpuTest, Append) {
  createPlan();
  auto extent = make<adamas_extent>();
  extent.batch = 2;
  extent.append_tokens = 17;
  size_t size = 0;
  ASSERT_OK(adamas_plan_workspace_size(plan, &extent, &size));
  EXPECT_EQ(size, 2u * 2 * 32 * 4);
  std::iota(newKey.begin(), newKey.end(), 0.0f);
  std::iota(newValue.begin(), newValue.end(), 1000.0f);
  ASSERT_OK(adamas_plan_validate_append(plan, &append, nullptr));
  ASSERT_OK(runAppend());
  // Token 1, head 1 is row 3; it is in sequence 1 at position 3.
  size_t row = ((1 * 2 + 1) * 20 + 3) * 32;
  EXPECT_EQ(key[row], 3 * 32);
  EXPECT_EQ(value[row + 31], 1000 + 4 * 32 - 1);
  EXPECT_EQ(key[row - 1], -1);
  EXPECT_EQ(key[row + 32], -1);
  // Plane 1: position 19 of sequence 0 is the fourth of tile 1.
  EXPECT_EQ(codes[0 * 64 + 1 * 32 + 16 + 3], 0 * 1000 + 0 * 100 + 10u);
  EXPECT_EQ(codes[(2 + 1) * 64 + 0 * 32 + 3], 1 * 1000 + 1 * 100 + 0u);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), 7u), 256 - 2 * 2 * 2);

  slots = {-1, 0};
  ASSERT_OK(runAppend());
  EXPECT_EQ(key[0], 64);
  append.new_key = key.data(); // The cache's own row stays as it is.
  append.new_value = value.data();
  append.new_key_strides[0] = append.new_value_strides[0] = 32;
  append.new_key_strides[1] = append.new_value_strides[1] = 20 * 32;
  slots = {0, 1};
  std::vector<float> before = key;
  ASSERT_OK(runAppend());
  EXPECT_EQ(key, before);
  append.tokens = 0;
  EXPECT_OK(runAppend());
}

TEST_F(CpuTest, AppendRefuses) {
  createPlan();
  slots[1] = 40;
  std::vector<float> before = key;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, runAppend(), "slots: token 1: expected -1 to 39, but got 40");
  EXPECT_EQ(key, before);
  slots[1] = 0;
  EXPECT_STATUS(ADAMAS_ERROR_WORKSPACE_TOO_SMALL, adamas_plan_append(plan, &append, workspace.data(), 8, nullptr),
                "workspace: expected at least 256 bytes, but got 8");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_append(plan, &append, nullptr, 256, nullptr),
                "workspace: expected an address that is a multiple of 4");
  append.thresholds = nullptr;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, runAppend(),
                "thresholds: expected a pointer to host memory, but got null");
}

TEST_F(CpuTest, Refuses) {
  desc.page_size = 16;
  EXPECT_STATUS(ADAMAS_ERROR_UNSUPPORTED, adamas_plan_create(context, &desc, &plan),
                "page_size: expected 0 on the CPU, whose kernels read no page tables, but got 16");
  desc.page_size = 0;
  desc.dense_below_crossover = 1;
  EXPECT_STATUS(
      ADAMAS_ERROR_UNSUPPORTED, adamas_plan_create(context, &desc, &plan),
      "dense_below_crossover: expected 0 on the CPU, whose crossover length is not known, but got 1: set it to "
      "0, and call adamas_plan_dense");
  desc.dense_below_crossover = 0;
  createPlan();
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_run(plan, &args, nullptr, 0, at(0x10)),
                "stream: expected null on the CPU");
  args.output = nullptr;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(), "output: expected a pointer to host memory, but got null");
  args.output = output.data();
  args.query = reinterpret_cast<char *>(query.data()) + 2;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, run(), "query: expected an address that is a multiple of 4");
  args.query = query.data();
  setenv("FAKE_COMPILER", "refuse", 1);
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, run(), "to hold values from 0 to 8, but got 9");
  lengths[1] = 21;
  EXPECT_STATUS(ADAMAS_ERROR_VALIDATION, adamas_plan_validate(plan, &cache, 2, nullptr),
                "sequence 1: expected 0 to 20");
  adamas_program *program = nullptr;
  std::string bytes = makeBundle(R"({"format": 1, "compiler": "a test", "chip": "sm_90", "image": "ptx", "functions": [
    {"name": "f", "block_bytes": 24, "values": [
      {"name": "x", "role": "argument", "element": "f32", "shape": [-1], "offset": 0}],
     "kernels": [{"name": "k", "grid": [["size", 0, 0], 1, 1], "threads": 1, "shared_bytes": 0, "cluster": 1,
                  "dependent": false}]}]})",
                                 std::string("k\0", 2));
  EXPECT_STATUS(ADAMAS_ERROR_UNSUPPORTED, adamas_program_load(context, bytes.data(), bytes.size(), &program),
                "context: expected a GPU, since bundles hold its code, but got the CPU");
}

// The calls of a plan that validates say what they found, in place of a record on the device.
TEST_F(CpuTest, ValidationNeedsNoDevice) {
  createPlan();
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_read_errors(plan, nullptr),
                "plan: expected one that validates and reads caches");
  adamas_plan_destroy(plan);
  plan = nullptr;
  desc.validate = 1;
  createPlan();
  int64_t tokens = -1;
  ASSERT_OK(adamas_plan_crossover(plan, &tokens));
  EXPECT_EQ(tokens, 0);
  ASSERT_OK(run());
  EXPECT_EQ(fakeCompilerValue(4).data, lengths.data());
  EXPECT_OK(adamas_plan_read_errors(plan, nullptr));
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_read_errors(plan, at(0x10)),
                "stream: expected null on the CPU");
  auto extent = make<adamas_extent>();
  extent.batch = 2;
  size_t size = 1;
  ASSERT_OK(adamas_plan_workspace_size(plan, &extent, &size));
  EXPECT_EQ(size, 0u);
}

TEST_F(CpuTest, Compiler) {
  setenv("FAKE_COMPILER", "fail", 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILE, adamas_plan_create(context, &desc, &plan),
                "compiler: budget: expected less, but got more; the request was {");
  setenv("FAKE_COMPILER", "unknown", 1);
  EXPECT_STATUS(ADAMAS_ERROR_CORRUPT, adamas_plan_create(context, &desc, &plan), "there is 'other'");
  setenv("FAKE_COMPILER", "ok", 1);
  setenv("ADAMAS_DISABLE_JIT", "1", 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILER, adamas_plan_create(context, &desc, &plan),
                "code for a CPU is made in the process, but ADAMAS_DISABLE_JIT forbids it");
  unsetenv("ADAMAS_DISABLE_JIT");
  setenv("ADAMAS_COMPILER", FAKE_CUDA_PATH, 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILER, adamas_plan_create(context, &desc, &plan), "it has no adamas_compiler_load");
}

TEST_F(CpuTest, EqualPlansShareTheirCode) {
  createPlan();
  EXPECT_EQ(fakeCompilerCalls(), 4); // append has one for few tokens too
  adamas_plan *second = nullptr;
  desc.operations = ADAMAS_DECODE;
  ASSERT_OK(adamas_plan_create(context, &desc, &second));
  EXPECT_EQ(fakeCompilerCalls(), 0);
  EXPECT_EQ(fakeCompilerFunctions(), 4);
  adamas_context_destroy(context); // A plan keeps what it needs.
  context = nullptr;
  EXPECT_OK(run());
  adamas_plan_destroy(second);
  EXPECT_EQ(cacheFiles().size(), 0u);
}

} // namespace
