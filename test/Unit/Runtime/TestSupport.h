// What the runtime's tests share: a clean environment with the fakes, checks of statuses, small tensors.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TEST_UNIT_RUNTIME_TESTSUPPORT_H
#define ADAMAS_TEST_UNIT_RUNTIME_TESTSUPPORT_H

#include "FakeCompiler.h"
#include "FakeCuda.h"
#include "MakeBundle.h"
#include "adamas/runtime.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

/// The status, and a part of the text of the error.
#define EXPECT_STATUS(status, call, part)                                                                              \
  do {                                                                                                                 \
    EXPECT_EQ(call, status) << adamas_last_error();                                                                    \
    EXPECT_NE(std::string(adamas_last_error()).find(part), std::string::npos) << adamas_last_error();                  \
  } while (false)
#define ASSERT_OK(call) ASSERT_EQ(call, ADAMAS_OK) << adamas_last_error()
#define EXPECT_OK(call) EXPECT_EQ(call, ADAMAS_OK) << adamas_last_error()

inline std::string readAll(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The fakes in place of the driver and the compiler, an empty cache, every other variable unset.
class RuntimeTest : public testing::Test {
protected:
  void SetUp() override {
    for (const char *name :
         {"ADAMAS_BUNDLE_DIR", "ADAMAS_DUMP_DIR", "ADAMAS_VALIDATE", "ADAMAS_DISABLE_JIT", "FAKE_CUDA", "FAKE_COMPILER",
          "FAKE_COMPILER_CALLS", "FAKE_COMPILER_DELAY", "FAKE_CROSSOVER", "ADAMAS_TUNING_TABLE"})
      unsetenv(name);
    std::string pattern = (std::filesystem::temp_directory_path() / "adamas-runtime-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    setenv("ADAMAS_LIBCUDA", FAKE_CUDA_PATH, 1);
    setenv("ADAMAS_COMPILER", FAKE_COMPILER_PATH, 1);
    setenv("ADAMAS_CACHE_DIR", (folder / "cache").c_str(), 1);
    setenv("ADAMAS_LOG", "error", 1);
    fakeCudaReset();
    fakeCompilerCalls();
  }

  void TearDown() override {
    if (plan)
      adamas_plan_destroy(plan);
    if (context)
      adamas_context_destroy(context);
    EXPECT_EQ(fakeCudaLive(), 0);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
    std::filesystem::remove_all(folder);
  }

  /// A small shape: f16, D 64, 4 and 2 heads, budget 8, batch 3, 100 tokens.
  static adamas_plan_desc smallPlan() {
    adamas_plan_desc desc;
    adamas_plan_desc_init(&desc);
    desc.head_dim = 64;
    desc.query_heads = 4;
    desc.kv_heads = 2;
    desc.budget = 8;
    desc.max_batch = 3;
    desc.max_seq_len = 100;
    return desc;
  }

  void createContext() { ASSERT_OK(adamas_context_create(0, &context)); }

  std::vector<std::filesystem::path> cacheFiles() const {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::exists(folder / "cache"))
      for (auto &entry : std::filesystem::directory_iterator(folder / "cache"))
        files.push_back(entry.path());
    return files;
  }

  std::filesystem::path folder;
  adamas_context *context = nullptr;
  adamas_plan *plan = nullptr;
};

/// Row-major.
inline adamas_tensor tensor(void *data, std::vector<int64_t> sizes) {
  adamas_tensor result = {};
  result.data = data;
  result.rank = static_cast<int32_t>(sizes.size());
  int64_t stride = 1;
  for (int axis = result.rank - 1; axis >= 0; --axis) {
    result.sizes[axis] = sizes[axis];
    result.strides[axis] = stride;
    stride *= sizes[axis];
  }
  return result;
}

/// An address that is never read.
inline void *at(uintptr_t address) { return reinterpret_cast<void *>(address); }

template <typename Struct> Struct make() {
  Struct result = {};
  result.struct_size = sizeof(Struct);
  return result;
}

#endif // ADAMAS_TEST_UNIT_RUNTIME_TESTSUPPORT_H
