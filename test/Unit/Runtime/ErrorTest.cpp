// Machines on which something is missing or wrong: driver, GPU, compiler; versions; the texts of errors.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"
#include <set>
#include <thread>

namespace {

TEST(Version, Texts) {
  EXPECT_STREQ(adamas_version(), RUNTIME_VERSION);
  EXPECT_EQ(adamas_abi_version(), ADAMAS_ABI_VERSION);
  std::set<std::string> names;
  for (int status = ADAMAS_OK; status <= ADAMAS_ERROR_VALIDATION; ++status)
    names.insert(adamas_status_name(status));
  EXPECT_EQ(names.size(), size_t(ADAMAS_ERROR_VALIDATION) + 1);
  EXPECT_EQ(names.count("unknown status"), 0u);
  EXPECT_STREQ(adamas_status_name(ADAMAS_ERROR_NO_DRIVER), "ADAMAS_ERROR_NO_DRIVER");
  EXPECT_STREQ(adamas_status_name(99), "unknown status");
}

class ErrorTest : public RuntimeTest {
protected:
  adamas_status createPlan() {
    adamas_plan_desc desc;
    adamas_plan_desc_init(&desc);
    return adamas_plan_create(context, &desc, &plan);
  }
};

TEST_F(ErrorTest, EachThreadHasItsText) {
  int32_t count = 0;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_device_count(nullptr), "count: expected a pointer, but got null");
  std::thread([] { EXPECT_STREQ(adamas_last_error(), ""); }).join();
  EXPECT_OK(adamas_device_count(&count)); // A success leaves the text.
  EXPECT_STREQ(adamas_last_error(), "count: expected a pointer, but got null");
}

TEST_F(ErrorTest, NoDriver) {
  setenv("ADAMAS_LIBCUDA", "/nonexistent/libcuda.so.1", 1);
  int32_t count = 0;
  EXPECT_STATUS(ADAMAS_ERROR_NO_DRIVER, adamas_device_count(&count),
                "/nonexistent/libcuda.so.1: expected the CUDA driver library, but it cannot be opened");
  EXPECT_STATUS(ADAMAS_ERROR_NO_DRIVER, adamas_context_create(0, &context),
                "install NVIDIA's driver, or set ADAMAS_LIBCUDA");
  setenv("ADAMAS_LIBCUDA", FAKE_COMPILER_PATH, 1);
  EXPECT_STATUS(ADAMAS_ERROR_NO_DRIVER, adamas_device_count(&count), "has no cuDriverGetVersion");
  setenv("ADAMAS_LIBCUDA", FAKE_CUDA_PATH, 1);
  fakeCudaSet("cuDriverGetVersion", 34);
  EXPECT_STATUS(ADAMAS_ERROR_NO_DRIVER, adamas_device_count(&count), "the toolkit's stub");
}

TEST_F(ErrorTest, OldDriver) {
  fakeCudaSet("version", 11080);
  EXPECT_STATUS(ADAMAS_ERROR_OLD_DRIVER, adamas_context_create(0, &context),
                "expected a driver of CUDA 12.0 or later, but got CUDA 11.8: update the driver");
  fakeCudaSet("version", 12000);
  EXPECT_OK(adamas_context_create(0, &context));
}

TEST_F(ErrorTest, NoDevice) {
  int32_t count = -1;
  EXPECT_OK(adamas_device_count(&count));
  EXPECT_EQ(count, 1);
  EXPECT_STATUS(ADAMAS_ERROR_NO_DEVICE, adamas_context_create(1, &context),
                "device: expected a number from 0 to 0, but got 1");
  EXPECT_STATUS(ADAMAS_ERROR_NO_DEVICE, adamas_context_create(-1, &context), "but got -1");
  fakeCudaSet("devices", 0);
  EXPECT_OK(adamas_device_count(&count));
  EXPECT_EQ(count, 0);
  EXPECT_STATUS(ADAMAS_ERROR_NO_DEVICE, adamas_context_create(0, &context), "cuInit: expected a GPU");
}

TEST_F(ErrorTest, DriverThatFails) {
  fakeCudaSet("cuInit", 999);
  EXPECT_STATUS(ADAMAS_ERROR_DRIVER, adamas_context_create(0, &context),
                "cuInit: expected success, but got CUDA error 999");
  fakeCudaSet("cuInit", 0);
  fakeCudaSet("cuDevicePrimaryCtxRetain", 2);
  EXPECT_STATUS(ADAMAS_ERROR_OUT_OF_MEMORY, adamas_context_create(0, &context),
                "cuDevicePrimaryCtxRetain: expected success, but got CUDA_ERROR_OUT_OF_MEMORY");
}

TEST_F(ErrorTest, Properties) {
  auto properties = make<adamas_device_properties>();
  ASSERT_OK(adamas_device_info(0, &properties));
  EXPECT_EQ(properties.struct_size, sizeof(properties));
  EXPECT_STREQ(properties.name, "Fake GPU");
  EXPECT_STREQ(properties.chip, "sm_90a");
  EXPECT_EQ(properties.compute_major, 9);
  EXPECT_EQ(properties.multiprocessors, 132);
  EXPECT_EQ(properties.l2_bytes, 50 << 20);
  EXPECT_EQ(properties.shared_bytes_per_block, 232448);
  EXPECT_EQ(properties.driver_version, 12040);
  EXPECT_EQ(properties.memory_bytes, int64_t(80) << 30);
  createContext();
  properties.struct_size = 8;
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_context_info(context, &properties), "properties.struct_size");
}

TEST_F(ErrorTest, Memory) {
  createContext();
  void *memory = nullptr;
  fakeCudaSet("cuMemAlloc", 2);
  EXPECT_STATUS(ADAMAS_ERROR_OUT_OF_MEMORY, adamas_memory_allocate(context, 100, &memory),
                "device memory: expected 100 free bytes, but got CUDA_ERROR_OUT_OF_MEMORY");
  fakeCudaSet("cuMemAlloc", 0);
  ASSERT_OK(adamas_memory_allocate(context, 4, &memory));
  char text[] = "abc", back[4];
  ASSERT_OK(adamas_memory_write(context, memory, text, 4, nullptr));
  ASSERT_OK(adamas_memory_read(context, back, memory, 4, nullptr));
  EXPECT_STREQ(back, "abc");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_memory_write(context, nullptr, text, 4, nullptr), "memory");
  ASSERT_OK(adamas_stream_synchronize(context, nullptr));
  ASSERT_OK(adamas_memory_free(context, memory));
  ASSERT_OK(adamas_memory_free(context, nullptr));
  EXPECT_STATUS(ADAMAS_ERROR_DRIVER, adamas_memory_free(context, &text), "cuMemFree");
}

TEST_F(ErrorTest, CompilerThatIsMissing) {
  createContext();
  setenv("ADAMAS_COMPILER", "/nonexistent/libadamas_compiler.so", 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILER, createPlan(),
                "/nonexistent/libadamas_compiler.so: expected the compiler library, but it cannot be opened");
  setenv("ADAMAS_COMPILER", FAKE_CUDA_PATH, 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILER, createPlan(), "it has no adamas_compiler_compile");
  setenv("ADAMAS_DISABLE_JIT", "1", 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILER, createPlan(), "it is in neither, and ADAMAS_DISABLE_JIT forbids to compile");
  setenv("ADAMAS_DISABLE_JIT", "2", 1);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, createPlan(), "ADAMAS_DISABLE_JIT: expected 0 or 1, but got '2'");
  unsetenv("ADAMAS_DISABLE_JIT");
  setenv("ADAMAS_VALIDATE", "x", 1);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, createPlan(), "ADAMAS_VALIDATE");
}

TEST_F(ErrorTest, CompilerThatFails) {
  createContext();
  setenv("FAKE_COMPILER", "fail", 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILE, createPlan(),
                "compiler: budget: expected less, but got more; the request was {\"bits\"");
  setenv("FAKE_COMPILER", "silent", 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILE, createPlan(), "it failed without a message");
  setenv("FAKE_COMPILER", "nothing", 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILER, createPlan(), "expected one bundle of a call, but got 0");
  setenv("FAKE_COMPILER", "twice", 1);
  EXPECT_STATUS(ADAMAS_ERROR_COMPILER, createPlan(), "expected one bundle of a call, but got 2");
  setenv("FAKE_COMPILER", "corrupt", 1);
  EXPECT_STATUS(ADAMAS_ERROR_CORRUPT, createPlan(), "delivered a bundle that is none");
  EXPECT_TRUE(cacheFiles().empty());
}

TEST_F(ErrorTest, NullsAreRefusedOrIgnored) {
  adamas_context_destroy(nullptr);
  adamas_program_destroy(nullptr);
  adamas_plan_destroy(nullptr);
  adamas_plan_desc_init(nullptr);
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_context_create(0, nullptr), "context");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, createPlan(), "context: expected a pointer, but got null");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_run(nullptr, nullptr, nullptr, 0, nullptr), "args");
  EXPECT_STATUS(ADAMAS_ERROR_INVALID_ARGUMENT, adamas_plan_validate(nullptr, nullptr, 0, nullptr), "plan");
}

} // namespace
