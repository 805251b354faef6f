// Asks the driver about GPUs and holds their primary contexts.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Context.h"
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

using namespace adamas::impl;

int adamas::impl::deviceCount() {
  const Driver &driver = Driver::open();
  cuda::Result result = driver.init(0);
  if (result == cuda::noDevice)
    return 0;
  driver.check(result, "cuInit");
  int count = 0;
  driver.check(driver.deviceGetCount(&count), "cuDeviceGetCount");
  return count;
}

static int attribute(const Driver &driver, int which, cuda::Device device) {
  int value = 0;
  driver.check(driver.deviceGetAttribute(&value, which, device), "cuDeviceGetAttribute");
  return value;
}

adamas_device_properties adamas::impl::deviceProperties(int ordinal) {
  const Driver &driver = Driver::ready();
  int count = 0;
  driver.check(driver.deviceGetCount(&count), "cuDeviceGetCount");
  if (count == 0)
    fail(ADAMAS_ERROR_NO_DEVICE, "device %d: expected a GPU, but the driver finds none: see CUDA_VISIBLE_DEVICES",
         ordinal);
  if (ordinal < 0 || ordinal >= count)
    fail(ADAMAS_ERROR_NO_DEVICE, "device: expected a number from 0 to %d, but got %d", count - 1, ordinal);
  cuda::Device device = 0;
  driver.check(driver.deviceGet(&device, ordinal), "cuDeviceGet");

  adamas_device_properties properties = {};
  properties.struct_size = sizeof(properties);
  properties.ordinal = ordinal;
  properties.compute_major = attribute(driver, cuda::attributeComputeMajor, device);
  properties.compute_minor = attribute(driver, cuda::attributeComputeMinor, device);
  properties.multiprocessors = attribute(driver, cuda::attributeMultiprocessors, device);
  properties.l2_bytes = attribute(driver, cuda::attributeL2Bytes, device);
  properties.shared_bytes_per_block = attribute(driver, cuda::attributeSharedBytesOptIn, device);
  size_t memory = 0;
  driver.check(driver.deviceTotalMem(&memory, device), "cuDeviceTotalMem");
  properties.memory_bytes = static_cast<int64_t>(memory);
  int version = 0;
  driver.check(driver.driverGetVersion(&version), "cuDriverGetVersion");
  properties.driver_version = version;
  driver.check(driver.deviceGetName(properties.name, sizeof(properties.name), device), "cuDeviceGetName");
  properties.name[sizeof(properties.name) - 1] = '\0';
  snprintf(properties.chip, sizeof(properties.chip), "%s",
           chipName(properties.compute_major, properties.compute_minor).c_str());
  return properties;
}

std::string adamas::impl::chipName(int major, int minor) {
  return format("sm_%d%d%s", major, minor, major >= 9 ? "a" : "");
}

/// sm_<major><one digit of minor>[a|f]; 0 for anything else.
static long chipNumber(const std::string &chip, std::string &suffix) {
  char *end = nullptr;
  if (chip.rfind("sm_", 0) != 0 || !isdigit(static_cast<unsigned char>(chip[3])))
    return 0;
  long number = strtol(chip.c_str() + 3, &end, 10);
  suffix = end;
  return number < 10 || number > 9999 || (suffix != "" && suffix != "a" && suffix != "f") ? 0 : number;
}

bool adamas::impl::isChipName(const std::string &chip) {
  std::string suffix;
  return chipNumber(chip, suffix) != 0;
}

void adamas::impl::checkChip(const std::string &chip, bool ptx, int major, int minor) {
  std::string suffix;
  long number = chipNumber(chip, suffix);
  if (number == 0)
    fail(ADAMAS_ERROR_CORRUPT, "chip: expected a name like sm_90a, but got '%s'", chip.c_str());
  long builtMajor = number / 10, builtMinor = number % 10, here = major * 10L + minor;
  bool runs;
  if (suffix == "a")
    runs = number == here;
  else if (suffix == "f" || !ptx)
    runs = builtMajor == major && builtMinor <= minor;
  else
    runs = number <= here;
  if (!runs)
    fail(ADAMAS_ERROR_UNSUPPORTED,
         "bundle: expected one that runs on %s, but it was built for %s%s: build it again for this GPU",
         chipName(major, minor).c_str(), chip.c_str(), ptx ? " (as PTX)" : "");
}

GpuContext::GpuContext(int ordinal) : driver(Driver::ready()) {
  properties = deviceProperties(ordinal);
  cuda::Device device = 0;
  driver.check(driver.deviceGet(&device, ordinal), "cuDeviceGet");
  driver.check(driver.primaryCtxRetain(&handle, device), "cuDevicePrimaryCtxRetain");
}

GpuContext::~GpuContext() {
  cuda::Device device = 0;
  if (driver.deviceGet(&device, properties.ordinal) == cuda::success)
    driver.primaryCtxRelease(device);
}

static cuda::Address address(const void *memory) { return reinterpret_cast<uintptr_t>(memory); }

void *GpuContext::allocate(size_t size) const {
  Current current(*this);
  cuda::Address allocated = 0;
  cuda::Result result = driver.memAlloc(&allocated, std::max<size_t>(size, 1));
  if (result == cuda::outOfMemory)
    fail(ADAMAS_ERROR_OUT_OF_MEMORY, "device memory: expected %zu free bytes, but got %s", size,
         driver.describe(result).c_str());
  driver.check(result, "cuMemAlloc");
  return reinterpret_cast<void *>(static_cast<uintptr_t>(allocated));
}

void GpuContext::free(void *memory) const {
  Current current(*this);
  driver.check(driver.memFree(address(memory)), "cuMemFree");
}

void GpuContext::write(void *memory, const void *host, size_t size, void *stream) const {
  Current current(*this);
  auto to = static_cast<cuda::Stream>(stream);
  driver.check(driver.memcpyHtoDAsync(address(memory), host, size, to), "cuMemcpyHtoDAsync");
  driver.check(driver.streamSynchronize(to), "cuStreamSynchronize");
}

void GpuContext::read(void *host, const void *memory, size_t size, void *stream) const {
  Current current(*this);
  auto from = static_cast<cuda::Stream>(stream);
  driver.check(driver.memcpyDtoHAsync(host, address(memory), size, from), "cuMemcpyDtoHAsync");
  driver.check(driver.streamSynchronize(from), "cuStreamSynchronize");
}

void GpuContext::synchronize(void *stream) const {
  Current current(*this);
  driver.check(driver.streamSynchronize(static_cast<cuda::Stream>(stream)), "cuStreamSynchronize");
}

Current::Current(const GpuContext &context) : driver(context.driver) {
  cuda::Context current = nullptr;
  driver.check(driver.ctxGetCurrent(&current), "cuCtxGetCurrent");
  if (current == context.handle)
    return;
  driver.check(driver.ctxPushCurrent(context.handle), "cuCtxPushCurrent");
  pushed = true;
}

Current::~Current() {
  cuda::Context popped = nullptr;
  if (pushed)
    driver.ctxPopCurrent(&popped);
}
