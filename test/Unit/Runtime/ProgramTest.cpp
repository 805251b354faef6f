// Programs: what a launch tells the driver, byte by byte, and which tensors it refuses.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"
#include <atomic>
#include <cstring>
#include <functional>
#include <new>

// Launching must not allocate: this counts, for the whole process. Inlined, gcc would take malloc and delete for a
// mistake.
static std::atomic<size_t> newCalls{0};
__attribute__((noinline)) void *operator new(size_t size) {
  ++newCalls;
  if (void *memory = malloc(size ? size : 1))
    return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void *memory) noexcept { free(memory); }
__attribute__((noinline)) void operator delete(void *memory, size_t) noexcept { free(memory); }

namespace {

// Two kernels: the first in clusters, the second dependent on it, with much shared memory.
const char *const manifest = R"({"format": 1, "compiler": "a test", "chip": "sm_90a", "image": "cubin", "functions": [
  {"name": "step", "block_bytes": 256, "values": [
    {"name": "out", "role": "result", "element": "f32", "shape": [-1, 4], "offset": 80, "dense_axes": 1},
    {"name": "in", "role": "argument", "element": "f16", "shape": [-1, -1, 8], "offset": 8, "dense_axes": 1,
     "alignment": 16},
    {"name": "small", "role": "workspace", "element": "u16", "shape": [["size", 1, 0], 3], "offset": 128},
    {"name": "large", "role": "workspace", "element": "i32", "shape": [["mul", ["size", 1, 1], 2]], "offset": 168}],
   "kernels": [
    {"name": "first", "grid": [["mul", ["size", 1, 0], 2], ["ceildiv", ["size", 1, 1], 3], 1], "threads": 96,
     "shared_bytes": 1024, "cluster": 2, "dependent": false},
    {"name": "second", "grid": [["size", 1, 1], 1, 1], "threads": 32, "shared_bytes": 65536, "cluster": 1,
     "dependent": true}]},
  {"name": "idle", "block_bytes": 8, "values": [],
   "kernels": [{"name": "first", "grid": [1, 0, 1], "threads": 1, "shared_bytes": 0, "cluster": 16,
                "dependent": false}]}]})";

class ProgramTest : public RuntimeTest {
protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    createContext();
    load(manifest);
    fakeCudaSet("block_bytes", 256);
    // [5, 7, 8], with room between the rows; and [5, 4].
    in = tensor(at(0x1000), {5, 7, 8});
    in.strides[0] = 80;
    out = tensor(at(0x20004), {5, 4});
  }
  void TearDown() override {
    adamas_program_destroy(program);
    RuntimeTest::TearDown();
  }

  adamas_status tryLoad(const std::string &text, const std::string &image = std::string("first second\0", 13)) {
    adamas_program_destroy(program);
    program = nullptr;
    std::string bytes = makeBundle(text, image);
    return adamas_program_load(context, bytes.data(), bytes.size(), &program);
  }
  void load(const std::string &text) { ASSERT_OK(tryLoad(text)); }

  adamas_status launch(void *workspace = at(0x40000), size_t size = 256 + 56) {
    adamas_tensor values[] = {in, out};
    return adamas_program_launch(program, "step", values, 2, workspace, size, at(0x77));
  }

  adamas_program *program = nullptr;
  adamas_tensor in, out;
};

TEST_F(ProgramTest, Introspection) {
  size_t count = 0;
  ASSERT_OK(adamas_program_function_count(program, &count));
  EXPECT_EQ(count, 2u);
  const char *name = nullptr;
  ASSERT_OK(adamas_program_function_name(program, 1, &name));
  EXPECT_STREQ(name, "idle");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_program_function_name(program, 2, &name),
                "index: expected below 2");
  ASSERT_OK(adamas_program_value_count(program, "step", &count));
  EXPECT_EQ(count, 2u);
  auto info = make<adamas_value_info>();
  ASSERT_OK(adamas_program_value_info(program, "step", 0, &info));
  EXPECT_STREQ(info.name, "in");
  EXPECT_EQ(info.role, ADAMAS_ARGUMENT);
  EXPECT_EQ(info.element, ADAMAS_F16);
  EXPECT_EQ(info.rank, 3);
  EXPECT_EQ(info.sizes[0], -1);
  EXPECT_EQ(info.sizes[2], 8);
  EXPECT_EQ(info.dense_axes, 1);
  EXPECT_EQ(info.alignment, 16);
  ASSERT_OK(adamas_program_value_info(program, "step", 1, &info));
  EXPECT_EQ(info.role, ADAMAS_RESULT);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_program_value_info(program, "step", 2, &info), "index");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_program_value_count(program, "stop", &count),
                "function: expected one of step, idle, but got 'stop'");
}

TEST_F(ProgramTest, WhatTheDriverGets) {
  adamas_tensor values[] = {in, out};
  size_t size = 0;
  ASSERT_OK(adamas_program_workspace_size(program, "step", values, 2, &size));
  EXPECT_EQ(size, 256u + 14 * 4); // 5 x 3 u16 end at 30, then the next multiple of 256.
  ASSERT_OK(launch());
  ASSERT_EQ(fakeCudaLaunchCount(), 2u);

  int64_t words[32] = {};
  auto put = [&](int offset, std::vector<int64_t> entry) { std::copy(entry.begin(), entry.end(), words + offset / 8); };
  put(8, {0x1000, 5, 7, 8, 80, 8, 1});
  put(80, {0x20004, 5, 4, 4, 1});
  put(128, {0x40000, 5, 3, 3, 1});
  put(168, {0x40100, 14, 1});
  for (size_t i = 0; i < 2; ++i)
    EXPECT_EQ(memcmp(fakeCudaLaunch(i)->parameters, words, 256), 0) << i;

  const FakeLaunch &first = *fakeCudaLaunch(0), &second = *fakeCudaLaunch(1);
  EXPECT_STREQ(first.kernel, "first");
  EXPECT_EQ(std::vector<unsigned>(first.grid, first.grid + 3), (std::vector<unsigned>{10, 3, 1}));
  EXPECT_EQ(std::vector<unsigned>(first.block, first.block + 3), (std::vector<unsigned>{96, 1, 1}));
  EXPECT_EQ(first.sharedBytes, 1024u);
  EXPECT_EQ(first.stream, at(0x77));
  EXPECT_EQ(first.cluster, 2);
  EXPECT_EQ(first.serialization, 0);
  EXPECT_TRUE(first.current);
  EXPECT_STREQ(second.kernel, "second");
  EXPECT_EQ(second.grid[0], 7u);
  EXPECT_EQ(second.cluster, 0);
  EXPECT_EQ(second.serialization, 1);
  // Asked for at loading, and only where it is needed.
  EXPECT_EQ(fakeCudaFunctionAttribute("second", 8), 65536);
  EXPECT_EQ(fakeCudaFunctionAttribute("first", 8), -1);
  EXPECT_EQ(fakeCudaFunctionAttribute("first", 14), 1); // The cluster of 16 in `idle`.
  EXPECT_EQ(fakeCudaFunctionAttribute("second", 14), -1);
}

TEST_F(ProgramTest, LaunchingAllocatesNothing) {
  ASSERT_OK(launch());
  size_t before = newCalls;
  adamas_status status = launch();
  EXPECT_EQ(newCalls, before);
  EXPECT_EQ(status, ADAMAS_OK);
}

TEST_F(ProgramTest, EmptyGridsAreNotLaunched) {
  ASSERT_OK(adamas_program_launch(program, "idle", nullptr, 0, nullptr, 0, nullptr));
  EXPECT_EQ(fakeCudaLaunchCount(), 0u);
  // Without elements, null will do.
  in = tensor(nullptr, {0, 7, 8});
  out = tensor(nullptr, {0, 4});
  ASSERT_OK(launch());
  ASSERT_EQ(fakeCudaLaunchCount(), 1u);
  EXPECT_STREQ(fakeCudaLaunch(0)->kernel, "second");
}

TEST_F(ProgramTest, NoDependenceBeforeSm90) {
  fakeCudaSet("major", 8);
  std::string text = manifest;
  for (const char *cluster : {"\"cluster\": 2", "\"cluster\": 16"})
    text.replace(text.find(cluster), strlen(cluster), "\"cluster\": 1");
  text.replace(text.find("sm_90a"), 6, "sm_80");
  adamas_context *other = nullptr;
  ASSERT_OK(adamas_context_create(0, &other));
  std::swap(context, other);
  load(text);
  std::swap(context, other);
  adamas_context_destroy(other); // The program keeps what it needs.
  ASSERT_OK(launch());
  EXPECT_EQ(fakeCudaLaunch(1)->serialization, 0);
}

TEST_F(ProgramTest, Workspace) {
  EXPECT_STATUS(ADAMAS_ERROR_WORKSPACE_TOO_SMALL, launch(at(0x40000), 311),
                "workspace: expected at least 312 bytes for step at these sizes, but got 311");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, launch(nullptr, 312), "workspace: expected 312 bytes");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, launch(at(0x40080), 312), "multiple of 256");
  EXPECT_EQ(fakeCudaLaunchCount(), 0u);
}

TEST_F(ProgramTest, TensorsThatAreRefused) {
  adamas_tensor goodIn = in, goodOut = out;
  struct {
    const char *expected;
    std::function<void()> change;
  } cases[] = {
      {"in: expected rank 3, but got 2", [&] { in.rank = 2; }},
      {"in: expected size 8 on axis 2, but got 4", [&] { in.sizes[2] = 4; }},
      {"in: expected a size of at least 0 on axis 1, but got -1", [&] { in.sizes[1] = -1; }},
      {"in: expected a device pointer, but got null", [&] { in.data = nullptr; }},
      {"in: expected an address that is a multiple of 16, but got 0x1008", [&] { in.data = at(0x1008); }},
      {"in: expected stride 1 on axis 2 (dense), but got 2", [&] { in.strides[2] = 2; }},
      {"in: expected strides of a multiple of 16 bytes, but axis 1 has 9 elements", [&] { in.strides[1] = 9; }},
      {"in: expected a stride of at least 0 on axis 0, but got -80", [&] { in.strides[0] = -80; }},
      {"out: expected a stride of at least 1 on axis 0, but got 0", [&] { out.strides[0] = 0; }},
      {"out: expected an address that is a multiple of 4", [&] { out.data = at(0x20002); }},
      {"in: expected addresses below 2^63", [&] { in.strides[0] = int64_t(1) << 61; }},
      {"in: expected addresses below 2^63", [&] { in.strides[0] = int64_t(1) << 60; }},
      {"in: expected an address below 2^63", [&] { in.data = at(uintptr_t(1) << 63); }},
  };
  for (auto &test : cases) {
    in = goodIn;
    out = goodOut;
    test.change();
    EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, launch(), test.expected);
  }
  adamas_tensor values[] = {goodIn, goodOut, goodOut};
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT,
                adamas_program_launch(program, "step", values, 3, at(0x40000), 312, nullptr),
                "function step: expected 2 values (arguments, then results), but got 3");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT,
                adamas_program_launch(program, "step", nullptr, 2, at(0x40000), 312, nullptr), "array of values");
  EXPECT_EQ(fakeCudaLaunchCount(), 0u);
}

TEST_F(ProgramTest, StridesOfSingleElementsDoNotMatter) {
  in = tensor(at(0x1000), {1, 1, 8});
  in.strides[0] = -3;
  in.strides[1] = 5;
  out = tensor(at(0x20004), {1, 4});
  EXPECT_OK(launch());
  // A stride of 0 repeats an argument.
  in = tensor(at(0x1000), {5, 7, 8});
  in.strides[0] = 0;
  out = tensor(at(0x20004), {5, 4});
  EXPECT_OK(launch());
}

TEST_F(ProgramTest, SizesBeyond32Bits) {
  // 2^33 elements and more are addressed in full, here by rows of one element each that lie far apart.
  int64_t stride = int64_t(1) << 40;
  in = tensor(at(0x100000000), {5, 7, 8});
  in.strides[0] = stride;
  ASSERT_OK(launch());
  int64_t words[7];
  memcpy(words, fakeCudaLaunch(0)->parameters + 8, sizeof(words));
  EXPECT_EQ(words[4], stride);
  // A size of 2^31 and more fits the block and the workspace, but no grid.
  in = tensor(at(0x100000000), {5, int64_t(1) << 31, 8});
  adamas_tensor values[] = {in, out};
  size_t size = 0;
  ASSERT_OK(adamas_program_workspace_size(program, "step", values, 2, &size));
  EXPECT_EQ(size, 256 + (size_t(8) << 31));
  EXPECT_STATUS(ADAMAS_ERROR_UNSUPPORTED, launch(at(0x40000), size),
                "kernel first: expected a grid of at most 65535 on axis 1, but these sizes need 715827883");
  in = tensor(at(0x1000), {5, int64_t(1) << 57, 8});
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, launch(at(0x40000), size), "in: expected addresses below 2^63");
  values[0].sizes[1] = INT64_MAX / 2;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_program_workspace_size(program, "step", values, 2, &size),
                "below 2^63");
  // All kernels or none.
  EXPECT_EQ(fakeCudaLaunchCount(), 2u);
}

TEST_F(ProgramTest, LoadingThatFails) {
  std::string text = manifest;
  EXPECT_STATUS(ADAMAS_ERROR_CORRUPT, tryLoad(text, std::string("first\0", 6)),
                "kernel second: expected it in the bundle");
  EXPECT_STATUS(ADAMAS_ERROR_CORRUPT, adamas_program_load(context, "ADAMASK1", 8, &program), "at least 40 bytes");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_program_load(context, nullptr, 8, &program), "bytes");
  std::string other = text;
  other.replace(other.find("sm_90a"), 6, "sm_80");
  EXPECT_STATUS(ADAMAS_ERROR_UNSUPPORTED, tryLoad(other),
                "expected one that runs on sm_90a, but it was built for sm_80");
  other = text;
  other.replace(other.find("65536"), 5, "262144");
  EXPECT_STATUS(ADAMAS_ERROR_UNSUPPORTED, tryLoad(other), "expected at most 232448 bytes of shared memory");
  fakeCudaSet("cuModuleLoadDataEx", 209);
  EXPECT_STATUS(ADAMAS_ERROR_UNSUPPORTED, tryLoad(text), "CUDA_ERROR_NO_BINARY_FOR_GPU");
  fakeCudaSet("cuModuleLoadDataEx", 200);
  EXPECT_STATUS(ADAMAS_ERROR_CORRUPT, tryLoad(text), "valid cubin image");
  fakeCudaSet("cuModuleLoadDataEx", 2);
  EXPECT_STATUS(ADAMAS_ERROR_OUT_OF_MEMORY, tryLoad(text), "CUDA_ERROR_OUT_OF_MEMORY");
  fakeCudaSet("cuModuleLoadDataEx", 0);
  fakeCudaSet("cuFuncSetAttribute", 999);
  EXPECT_STATUS(ADAMAS_ERROR_DRIVER, tryLoad(text), "cuFuncSetAttribute: expected success, but got CUDA error 999");
}

TEST_F(ProgramTest, LaunchThatFails) {
  fakeCudaSet("cuLaunchKernelEx", 719);
  EXPECT_STATUS(ADAMAS_ERROR_DRIVER, launch(),
                "cuLaunchKernelEx of first: expected success, but got CUDA_ERROR_LAUNCH_FAILED (a text");
}

TEST_F(ProgramTest, GridsOfABrokenBundle) {
  std::string text = manifest;
  std::string doubled = "[\"mul\", [\"size\", 1, 0], 2]";
  text.replace(text.find(doubled), doubled.size(), "[\"size\", 1, 0]");
  load(text);
  EXPECT_STATUS(ADAMAS_ERROR_CORRUPT, launch(), "kernel first: expected a grid that clusters of 2 divide, but got 5");
}

} // namespace
