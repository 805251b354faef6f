// Plans: which descriptors are legal, what is asked of the compiler, and what bundles are refused.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"
#include <cmath>
#include <functional>

namespace {

adamas_plan_desc defaults() {
  adamas_plan_desc desc;
  adamas_plan_desc_init(&desc);
  return desc;
}

std::string requestOf(const adamas_plan_desc &desc, uint32_t operation, const char *chip = "sm_90a") {
  size_t size = 0;
  EXPECT_EQ(adamas_plan_request(&desc, operation, chip, nullptr, &size), ADAMAS_OK) << adamas_last_error();
  std::string text(++size, '\0');
  EXPECT_EQ(adamas_plan_request(&desc, operation, chip, text.data(), &size), ADAMAS_OK);
  text.resize(size);
  return text;
}

TEST(PlanRequest, TheContractsExample) {
  adamas_plan_desc desc = defaults();
  desc.metric = ADAMAS_L1;
  desc.return_lse = desc.return_indices = 1;
  EXPECT_EQ(
      requestOf(desc, ADAMAS_DECODE),
      R"({"bits":2,"budget":128,"candidates":0,"cap":7,"chip":"sm_90a","dtype":"f16","head_dim":128,"indices":true,)"
      R"("kv_heads":8,"lse":true,"max_batch":1,"max_seq_len":131072,"metric":"l1","offset":false,)"
      R"("operation":"decode","page_size":0,"policy":"per_query_head","query_heads":32,"query_tokens":1,)"
      R"("range":256,"recent":1,"scale":0.088388346,"sink":0,"threshold_sets":8})");
}

TEST(PlanRequest, WhatAnOperationCannotSeeHasItsDefault) {
  adamas_plan_desc desc = defaults(), other = defaults();
  other.budget = 256;
  other.metric = ADAMAS_TWO_PASS;
  other.sink = 4;
  other.policy = ADAMAS_PER_KV_HEAD;
  other.weight_cap = 3;
  other.return_indices = 1;
  EXPECT_EQ(requestOf(desc, ADAMAS_DENSE), requestOf(other, ADAMAS_DENSE));
  EXPECT_EQ(requestOf(desc, ADAMAS_APPEND), requestOf(other, ADAMAS_APPEND));
  EXPECT_NE(requestOf(desc, ADAMAS_DECODE), requestOf(other, ADAMAS_DECODE));
  other = defaults();
  other.key_offset = 1;
  EXPECT_EQ(requestOf(desc, ADAMAS_DECODE), requestOf(other, ADAMAS_DECODE));
  EXPECT_NE(requestOf(desc, ADAMAS_APPEND), requestOf(other, ADAMAS_APPEND));
  // Defaults spelt out are the same request; so are weights that L1 does not have.
  other = defaults();
  other.weight_range = 256;
  other.weight_cap = 7;
  other.threshold_sets = 8;
  other.scale = static_cast<float>(1 / std::sqrt(128.0));
  EXPECT_EQ(requestOf(desc, ADAMAS_DECODE), requestOf(other, ADAMAS_DECODE));
  desc.metric = other.metric = ADAMAS_L1;
  other.weight_cap = 5;
  EXPECT_EQ(requestOf(desc, ADAMAS_DECODE), requestOf(other, ADAMAS_DECODE));
}

TEST(PlanRequest, KeysAndErrors) {
  char key[33];
  ASSERT_OK(adamas_request_key("", 0, key));
  EXPECT_STREQ(key, "99aa06d3014798d86001c324468d497f"); // XXH3_128 of nothing, from its specification.
  adamas_plan_desc desc = defaults();
  size_t size = 10;
  char text[10];
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_request(&desc, ADAMAS_DECODE, "sm_90a", text, &size),
                "size: expected at least");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_request(&desc, 3, "sm_90a", nullptr, &size), "operation");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_request(&desc, ADAMAS_DECODE, "gfx90a", nullptr, &size),
                "chip: expected a name like sm_90a");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_request(nullptr, ADAMAS_DECODE, "sm_90a", nullptr, &size),
                "desc: expected a pointer");
}

TEST(PlanDescriptor, LaterMembersTookThePlaceOfPadding) {
  EXPECT_EQ(sizeof(adamas_plan_desc), 120u); // dense_below_crossover: callers of the first version are still served.
  adamas_plan_desc desc = defaults(), dense = defaults();
  dense.dense_below_crossover = 1;
  EXPECT_EQ(desc.dense_below_crossover, 0);                                   // dns-1
  EXPECT_EQ(requestOf(desc, ADAMAS_DECODE), requestOf(dense, ADAMAS_DECODE)); // One bundle serves both.
}

struct Case {
  const char *expected; ///< "": legal.
  std::function<void(adamas_plan_desc &)> change;
};

TEST(PlanDescriptor, EveryRulePassesAndFails) {
  using Desc = adamas_plan_desc &;
  const Case cases[] = {
      {"", [](Desc) {}},
      {"", [](Desc d) { d.dtype = ADAMAS_BF16; }},
      {"", [](Desc d) { d.dtype = ADAMAS_F32; }},
      {"dtype: expected", [](Desc d) { d.dtype = ADAMAS_I8; }},
      {"dtype: expected", [](Desc d) { d.dtype = -1; }},
      {"", [](Desc d) { d.head_dim = 32; }},
      {"", [](Desc d) { d.head_dim = 1024; }},
      {"head_dim: expected a power of two from 32 to 1024, but got 96", [](Desc d) { d.head_dim = 96; }},
      {"head_dim: expected", [](Desc d) { d.head_dim = 16; }},
      {"head_dim: expected", [](Desc d) { d.head_dim = 2048; }},
      {"", [](Desc d) { d.bits = 1; }},
      {"", [](Desc d) { d.bits = 4; }},
      {"bits: expected 1 to 4, but got 5", [](Desc d) { d.bits = 5; }},
      {"bits: expected 1 to 4, but got 0", [](Desc d) { d.bits = 0; }},
      {"", [](Desc d) { d.query_heads = 9, d.kv_heads = 3; }},
      {"query_heads: expected a multiple of kv_heads (8), but got 30", [](Desc d) { d.query_heads = 30; }},
      {"query_heads: expected 1 to", [](Desc d) { d.query_heads = 0; }},
      {"kv_heads: expected 1 to", [](Desc d) { d.kv_heads = 0; }},
      {"", [](Desc d) { d.query_tokens = 8; }},
      {"query_tokens: expected 1 to 8, but got 9", [](Desc d) { d.query_tokens = 9; }},
      {"query_tokens: expected 1 to 8, but got 0", [](Desc d) { d.query_tokens = 0; }},
      {"metric: expected", [](Desc d) { d.metric = 3; }},
      {"metric: expected", [](Desc d) { d.metric = -1; }},
      {"", [](Desc d) { d.policy = ADAMAS_PER_KV_HEAD; }},
      {"policy: expected", [](Desc d) { d.policy = 2; }},
      {"", [](Desc d) { d.budget = 1; }},
      {"budget: expected 1 to", [](Desc d) { d.budget = 0; }},
      {"", [](Desc d) { d.sink = 100, d.recent = 28; }},
      {"budget: expected at least sink + recent (100 + 29), but got 128", [](Desc d) { d.sink = 100, d.recent = 29; }},
      {"budget: expected at least sink + recent", [](Desc d) { d.sink = INT32_MAX, d.recent = INT32_MAX; }},
      {"sink: expected 0 to", [](Desc d) { d.sink = -1; }},
      {"recent: expected 1 to", [](Desc d) { d.recent = 0; }},
      {"", [](Desc d) { d.metric = ADAMAS_TWO_PASS; }},
      {"", [](Desc d) { d.metric = ADAMAS_TWO_PASS, d.candidates = 128; }},
      {"candidates: expected at least the budget (128)",
       [](Desc d) { d.metric = ADAMAS_TWO_PASS, d.candidates = 127; }},
      {"candidates: expected 0", [](Desc d) { d.candidates = 1024; }},
      {"budget: expected at most", [](Desc d) { d.metric = ADAMAS_TWO_PASS, d.budget = INT32_MAX; }},
      {"", [](Desc d) { d.page_size = 1; }},
      {"", [](Desc d) { d.page_size = 48, d.max_pages_per_sequence = 7; }},
      {"page_size: expected 0 to", [](Desc d) { d.page_size = -1; }},
      {"max_pages_per_sequence: expected 0 for a contiguous", [](Desc d) { d.max_pages_per_sequence = 7; }},
      {"max_pages_per_sequence: expected 0 to", [](Desc d) { d.page_size = 16, d.max_pages_per_sequence = -7; }},
      {"max_batch: expected 1 to", [](Desc d) { d.max_batch = 0; }},
      {"", [](Desc d) { d.max_seq_len = INT32_MAX; }},
      {"max_seq_len: expected 1 to 2147483647", [](Desc d) { d.max_seq_len = int64_t(1) << 31; }},
      {"max_seq_len: expected 1 to", [](Desc d) { d.max_seq_len = 0; }},
      {"", [](Desc d) { d.scale = 0.25f; }},
      {"scale: expected a finite number", [](Desc d) { d.scale = NAN; }},
      {"scale: expected a finite number", [](Desc d) { d.scale = INFINITY; }},
      {"", [](Desc d) { d.weight_range = 32768, d.weight_cap = 127; }},
      {"weight_range: expected 1 to 32768", [](Desc d) { d.weight_range = 32769; }},
      {"weight_range: expected 1 to 32768", [](Desc d) { d.weight_range = -1; }},
      {"weight_cap: expected 1 to 127", [](Desc d) { d.weight_cap = 128; }},
      {"", [](Desc d) { d.threshold_sets = 1; }},
      {"threshold_sets: expected 1 or kv_heads (8), but got 2", [](Desc d) { d.threshold_sets = 2; }},
      {"key_offset: expected 0 to 1", [](Desc d) { d.key_offset = 2; }},
      {"return_lse: expected 0 to 1", [](Desc d) { d.return_lse = 2; }},
      {"return_indices: expected 0 to 1", [](Desc d) { d.return_indices = -1; }},
      {"validate: expected 0 to 1", [](Desc d) { d.validate = 2; }},
      {"", [](Desc d) { d.dense_below_crossover = 1; }},
      {"dense_below_crossover: expected 0 to 1, but got 2", [](Desc d) { d.dense_below_crossover = 2; }},
      {"return_indices: expected 0 with dense_below_crossover",
       [](Desc d) { d.dense_below_crossover = d.return_indices = 1; }},
      {"operations: expected bits", [](Desc d) { d.operations = 0; }},
      {"operations: expected bits", [](Desc d) { d.operations = 32; }},
      {"desc.struct_size: expected at least", [](Desc d) { d.struct_size = 8; }},
      {"desc.struct_size: expected at least", [](Desc d) { d.struct_size = 0; }},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    adamas_plan_desc desc = defaults();
    cases[i].change(desc);
    size_t size = 0;
    adamas_status status = adamas_plan_request(&desc, ADAMAS_DECODE, "sm_90a", nullptr, &size);
    bool legal = !*cases[i].expected;
    EXPECT_EQ(status, legal ? ADAMAS_OK : ADAMAS_ERROR_INVALID_ARGUMENT) << i << ": " << adamas_last_error();
    if (!legal) {
      EXPECT_NE(std::string(adamas_last_error()).find(cases[i].expected), std::string::npos)
          << i << ": " << adamas_last_error();
    }
  }
}

TEST(PlanDescriptor, StructsOfLaterVersions) {
  struct Later {
    adamas_plan_desc desc;
    int64_t added;
  } later = {defaults(), 0};
  later.desc.struct_size = sizeof(later);
  size_t size = 0;
  EXPECT_OK(adamas_plan_request(&later.desc, ADAMAS_DECODE, "sm_90a", nullptr, &size));
  later.added = 1;
  EXPECT_STATUS(ADAMAS_ERROR_UNSUPPORTED, adamas_plan_request(&later.desc, ADAMAS_DECODE, "sm_90a", nullptr, &size),
                "update the runtime");
}

using PlanTest = RuntimeTest;

TEST_F(PlanTest, EachOperationIsCompiledOnce) {
  createContext();
  adamas_plan_desc desc = defaults();
  desc.operations = ADAMAS_DECODE | ADAMAS_SELECT | ADAMAS_DENSE | ADAMAS_APPEND;
  ASSERT_OK(adamas_plan_create(context, &desc, &plan));
  EXPECT_EQ(fakeCompilerCalls(), 4);
  EXPECT_EQ(cacheFiles().size(), 4u);
}

TEST_F(PlanTest, OperationsAreObtainedAtTheSameTime) {
  createContext();
  setenv("FAKE_COMPILER_DELAY", "300", 1);
  adamas_plan_desc desc = defaults();
  desc.operations = ADAMAS_DECODE | ADAMAS_SELECT | ADAMAS_DENSE | ADAMAS_APPEND;
  auto begin = std::chrono::steady_clock::now();
  ASSERT_OK(adamas_plan_create(context, &desc, &plan));
  // Four in a row would take 1,200 ms.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1100));
}

TEST_F(PlanTest, TheChipIsTheDevices) {
  fakeCudaSet("major", 8);
  fakeCudaSet("minor", 6);
  createContext();
  adamas_plan_desc desc = defaults();
  desc.operations = ADAMAS_DECODE;
  ASSERT_OK(adamas_plan_create(context, &desc, &plan));
  EXPECT_EQ(fakeCompilerRequest(), requestOf(desc, ADAMAS_DECODE, "sm_86"));
}

TEST_F(PlanTest, OldGpusAreRefused) {
  fakeCudaSet("major", 7);
  fakeCudaSet("minor", 5);
  createContext();
  adamas_plan_desc desc = defaults();
  EXPECT_STATUS(ADAMAS_ERROR_UNSUPPORTED, adamas_plan_create(context, &desc, &plan),
                "device 0: expected sm_80 or later, but Fake GPU is sm_75");
}

TEST_F(PlanTest, BundlesThatDoNotFit) {
  createContext();
  adamas_plan_desc desc = defaults();
  setenv("FAKE_COMPILER", "absent", 1);
  EXPECT_STATUS(ADAMAS_ERROR_CORRUPT, adamas_plan_create(context, &desc, &plan), "bundle: expected a function decode");
  std::filesystem::remove_all(folder / "cache");
  setenv("FAKE_COMPILER", "missing", 1);
  EXPECT_STATUS(ADAMAS_ERROR_CORRUPT, adamas_plan_create(context, &desc, &plan),
                "bundle: decode: expected it to write output, but it does not");
}

TEST_F(PlanTest, ShippedBundlesForAnotherShape) {
  // The right name, but the bundle of another plan: every way to differ is found before anything is launched.
  createContext();
  std::filesystem::path shipped = folder / "shipped";
  std::filesystem::create_directory(shipped);
  setenv("ADAMAS_DUMP_DIR", (folder / "dump").c_str(), 1);
  adamas_plan_desc wanted = defaults();
  wanted.operations = ADAMAS_DECODE;
  std::string request = requestOf(wanted, ADAMAS_DECODE);
  char key[33];
  ASSERT_OK(adamas_request_key(request.data(), request.size(), key));
  struct {
    const char *expected;
    std::function<void(adamas_plan_desc &)> change;
  } cases[] = {
      {"expected the argument query to be f16, but got an argument of bf16", [](auto &d) { d.dtype = ADAMAS_BF16; }},
      {"expected query to have size 128 on axis 2, but got 64", [](auto &d) { d.head_dim = 64; }},
      {"expected query to have rank 3, but got 4", [](auto &d) { d.query_tokens = 2; }},
      {"expected values that this plan has, but there is 'page_table'", [](auto &d) { d.page_size = 16; }},
      {"expected values that this plan has, but there is 'lse'", [](auto &d) { d.return_lse = 1; }},
      {"expected values that this plan has, but there is 'indices'", [](auto &d) { d.return_indices = 1; }},
  };
  for (auto &test : cases) {
    adamas_plan_desc other = wanted;
    test.change(other);
    unsetenv("ADAMAS_BUNDLE_DIR");
    ASSERT_OK(adamas_plan_create(context, &other, &plan));
    adamas_plan_destroy(plan);
    plan = nullptr;
    std::string otherRequest = requestOf(other, ADAMAS_DECODE);
    char otherKey[33];
    ASSERT_OK(adamas_request_key(otherRequest.data(), otherRequest.size(), otherKey));
    std::filesystem::copy_file(folder / "dump" / (std::string(otherKey) + ".adamas"),
                               shipped / (std::string(key) + ".adamas"),
                               std::filesystem::copy_options::overwrite_existing);
    setenv("ADAMAS_BUNDLE_DIR", shipped.c_str(), 1);
    EXPECT_STATUS(ADAMAS_ERROR_CORRUPT, adamas_plan_create(context, &wanted, &plan), test.expected);
  }
}

} // namespace
