// A CUDA driver without a GPU: memory is the host's, launches are written down, any call can be told to fail.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "FakeCuda.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace {

struct Setting {
  char name[48];
  int value;
};

struct Kernel {
  std::string name;
  std::map<int, int> attributes;
};

struct Module {
  std::string image;
  std::vector<Kernel *> kernels;
};

// Fixed places for everything that a launch touches: tests count the runtime's allocations there.
std::mutex mutex;
Setting settings[32];
size_t settingCount;
FakeLaunch launches[512];
size_t launchCount;
std::map<std::string, std::map<int, int>> functionAttributes;
std::map<uintptr_t, size_t> allocations;
int retained, modules;
thread_local void *stack[16];
thread_local int depth;
char primary[8]; // One address a device.

int setting(const char *name, int otherwise) {
  for (size_t i = 0; i < settingCount; ++i)
    if (strcmp(settings[i].name, name) == 0)
      return settings[i].value;
  return otherwise;
}

void readEnvironment() {
  const char *text = getenv("FAKE_CUDA");
  char name[48];
  int value, length;
  while (text && sscanf(text, "%47[^=]=%d%n", name, &value, &length) == 2) {
    fakeCudaSet(name, value);
    text += length;
    text += *text == ';';
  }
}

struct Start {
  Start() { readEnvironment(); }
} start;

} // namespace

#define CALL(name)                                                                                                     \
  std::lock_guard<std::mutex> lock(mutex);                                                                             \
  if (int result = setting(#name, 0))                                                                                  \
    return result;

void fakeCudaReset() {
  settingCount = launchCount = 0;
  functionAttributes.clear();
  readEnvironment();
}

void fakeCudaSet(const char *name, int value) {
  for (size_t i = 0; i < settingCount; ++i)
    if (strcmp(settings[i].name, name) == 0) {
      settings[i].value = value;
      return;
    }
  Setting &added = settings[settingCount++];
  snprintf(added.name, sizeof(added.name), "%s", name);
  added.value = value;
}

size_t fakeCudaLaunchCount() { return launchCount; }
const FakeLaunch *fakeCudaLaunch(size_t index) { return &launches[index]; }

int fakeCudaFunctionAttribute(const char *kernel, int attribute) {
  auto &known = functionAttributes[kernel];
  auto found = known.find(attribute);
  return found == known.end() ? -1 : found->second;
}

int fakeCudaLive() { return retained + modules + static_cast<int>(allocations.size()); }

FAKE_EXPORT int cuInit(unsigned) {
  CALL(cuInit)
  return setting("devices", 1) ? 0 : 100;
}

FAKE_EXPORT int cuDriverGetVersion(int *version) {
  CALL(cuDriverGetVersion)
  *version = setting("version", 12040);
  return 0;
}

FAKE_EXPORT int cuGetErrorName(int result, const char **name) {
  static const std::map<int, const char *> names = {
      {2, "CUDA_ERROR_OUT_OF_MEMORY"},       {100, "CUDA_ERROR_NO_DEVICE"}, {200, "CUDA_ERROR_INVALID_IMAGE"},
      {209, "CUDA_ERROR_NO_BINARY_FOR_GPU"}, {500, "CUDA_ERROR_NOT_FOUND"}, {719, "CUDA_ERROR_LAUNCH_FAILED"}};
  auto found = names.find(result);
  *name = found == names.end() ? nullptr : found->second;
  return found == names.end() ? 1 : 0;
}

FAKE_EXPORT int cuGetErrorString(int result, const char **text) {
  *text = "a text of the fake driver";
  return result == 0 ? 1 : 0;
}

FAKE_EXPORT int cuDeviceGetCount(int *count) {
  CALL(cuDeviceGetCount)
  *count = setting("devices", 1);
  return 0;
}

FAKE_EXPORT int cuDeviceGet(int *device, int ordinal) {
  CALL(cuDeviceGet)
  *device = ordinal;
  return ordinal < setting("devices", 1) ? 0 : 101;
}

FAKE_EXPORT int cuDeviceGetName(char *name, int size, int) {
  CALL(cuDeviceGetName)
  snprintf(name, size, "Fake GPU");
  return 0;
}

FAKE_EXPORT int cuDeviceGetAttribute(int *value, int attribute, int) {
  CALL(cuDeviceGetAttribute)
  switch (attribute) {
  case 16:
    *value = 132;
    return 0;
  case 38:
    *value = 50 << 20;
    return 0;
  case 75:
    *value = setting("major", 9);
    return 0;
  case 76:
    *value = setting("minor", 0);
    return 0;
  case 97:
    *value = 232448;
    return 0;
  default:
    return 1;
  }
}

FAKE_EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int) {
  CALL(cuDeviceTotalMem)
  *bytes = size_t(80) << 30;
  return 0;
}

FAKE_EXPORT int cuDevicePrimaryCtxRetain(void **context, int device) {
  CALL(cuDevicePrimaryCtxRetain)
  *context = &primary[device];
  ++retained;
  return 0;
}

FAKE_EXPORT int cuDevicePrimaryCtxRelease_v2(int) {
  CALL(cuDevicePrimaryCtxRelease)
  --retained;
  return 0;
}

FAKE_EXPORT int cuCtxGetCurrent(void **context) {
  CALL(cuCtxGetCurrent)
  *context = depth ? stack[depth - 1] : nullptr;
  return 0;
}

FAKE_EXPORT int cuCtxPushCurrent_v2(void *context) {
  CALL(cuCtxPushCurrent)
  stack[depth++] = context;
  return 0;
}

FAKE_EXPORT int cuCtxPopCurrent_v2(void **context) {
  *context = stack[--depth];
  return 0;
}

FAKE_EXPORT int cuCtxSetCurrent(void *context) {
  CALL(cuCtxSetCurrent)
  if (!depth)
    ++depth;
  stack[depth - 1] = context;
  return 0;
}

FAKE_EXPORT int cuModuleLoadDataEx(Module **module, const void *image, unsigned, int *, void **) {
  CALL(cuModuleLoadDataEx)
  // A cubin has no length of its own here: fake images end with a NUL.
  *module = new Module{static_cast<const char *>(image), {}};
  ++modules;
  return depth ? 0 : 201;
}

FAKE_EXPORT int cuModuleLoadData(Module **module, const void *image) {
  return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

FAKE_EXPORT int cuModuleUnload(Module *module) {
  CALL(cuModuleUnload)
  for (Kernel *kernel : module->kernels)
    delete kernel;
  delete module;
  --modules;
  return 0;
}

FAKE_EXPORT int cuModuleGetFunction(Kernel **kernel, Module *module, const char *name) {
  CALL(cuModuleGetFunction)
  if (module->image.find(name) == std::string::npos)
    return 500;
  *kernel = module->kernels.emplace_back(new Kernel{name, {}});
  return 0;
}

FAKE_EXPORT int cuFuncSetAttribute(Kernel *kernel, int attribute, int value) {
  CALL(cuFuncSetAttribute)
  functionAttributes[kernel->name][attribute] = value;
  return 0;
}

// Every kernel is said to take as many registers, bytes of shared and of local memory as the attribute's number.
FAKE_EXPORT int cuFuncGetAttribute(int *value, int attribute, Kernel *) {
  CALL(cuFuncGetAttribute)
  *value = attribute;
  return 0;
}

FAKE_EXPORT int cuMemAlloc_v2(unsigned long long *memory, size_t size) {
  CALL(cuMemAlloc)
  void *allocated = aligned_alloc(256, (size + 255) / 256 * 256);
  memset(allocated, 0, size);
  *memory = reinterpret_cast<uintptr_t>(allocated);
  allocations[*memory] = size;
  return 0;
}

FAKE_EXPORT int cuMemFree_v2(unsigned long long memory) {
  CALL(cuMemFree)
  if (!allocations.erase(memory))
    return 1;
  free(reinterpret_cast<void *>(memory));
  return 0;
}

FAKE_EXPORT int cuMemcpyHtoDAsync_v2(unsigned long long memory, const void *host, size_t size, void *) {
  CALL(cuMemcpyHtoDAsync)
  memcpy(reinterpret_cast<void *>(memory), host, size);
  return 0;
}

FAKE_EXPORT int cuMemcpyDtoHAsync_v2(void *host, unsigned long long memory, size_t size, void *) {
  CALL(cuMemcpyDtoHAsync)
  memcpy(host, reinterpret_cast<void *>(memory), size);
  return 0;
}

FAKE_EXPORT int cuStreamSynchronize(void *) {
  CALL(cuStreamSynchronize)
  return 0;
}

FAKE_EXPORT int cuPointerGetAttribute(void *data, int attribute, unsigned long long address) {
  CALL(cuPointerGetAttribute)
  auto behind = allocations.upper_bound(address);
  if (behind == allocations.begin())
    return 1;
  auto [begin, size] = *--behind;
  if (address - begin >= size)
    return 1;
  if (attribute == 2)
    *static_cast<unsigned *>(data) = 2;
  else if (attribute == 11)
    *static_cast<unsigned long long *>(data) = begin;
  else if (attribute == 12)
    *static_cast<size_t *>(data) = size;
  else
    return 1;
  return 0;
}

// As the driver's documentation lays it out, written down again rather than taken from the runtime.
struct LaunchAttribute {
  int id;
  char padding[4];
  union {
    char bytes[64];
    unsigned cluster[3];
    int serialization;
  } value;
};

struct LaunchConfig {
  unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes;
  void *stream;
  LaunchAttribute *attributes;
  unsigned attributeCount;
};

FAKE_EXPORT int cuLaunchKernelEx(const LaunchConfig *config, Kernel *kernel, void **parameters, void **extra) {
  CALL(cuLaunchKernelEx)
  if (setting("forget_launches", 0)) // of who launches more than fit, and than anybody looks at
    return 0;
  if (extra || launchCount == sizeof(launches) / sizeof(launches[0]))
    return 1;
  FakeLaunch &launch = launches[launchCount++];
  launch = {};
  snprintf(launch.kernel, sizeof(launch.kernel), "%s", kernel->name.c_str());
  unsigned grid[] = {config->gridX, config->gridY, config->gridZ};
  unsigned block[] = {config->blockX, config->blockY, config->blockZ};
  memcpy(launch.grid, grid, sizeof(grid));
  memcpy(launch.block, block, sizeof(block));
  launch.sharedBytes = config->sharedBytes;
  launch.stream = config->stream;
  for (unsigned i = 0; i < config->attributeCount; ++i) {
    if (config->attributes[i].id == 4)
      launch.cluster = config->attributes[i].value.cluster[0];
    if (config->attributes[i].id == 6)
      launch.serialization = config->attributes[i].value.serialization;
  }
  launch.current = depth && stack[depth - 1] == &primary[0];
  memcpy(launch.parameters, parameters[0], setting("block_bytes", 64));
  return 0;
}

// What timing needs: launches are written down as they are made, so that a graph holds none and every time is 2 us.

FAKE_EXPORT int cuStreamCreate(void **stream, unsigned) {
  CALL(cuStreamCreate)
  static char handle;
  *stream = &handle;
  return 0;
}

FAKE_EXPORT int cuMemcpyDtoDAsync_v2(unsigned long long to, unsigned long long from, size_t size, void *) {
  CALL(cuMemcpyDtoDAsync)
  memcpy(reinterpret_cast<void *>(to), reinterpret_cast<void *>(from), size);
  return 0;
}

#define HANDLE_CALL(name, parameters)                                                                                  \
  FAKE_EXPORT int name parameters {                                                                                    \
    CALL(name)                                                                                                         \
    static char handle;                                                                                                \
    *made = &handle;                                                                                                   \
    return 0;                                                                                                          \
  }
#define EMPTY_CALL(name, parameters)                                                                                   \
  FAKE_EXPORT int name parameters {                                                                                    \
    CALL(name)                                                                                                         \
    return 0;                                                                                                          \
  }

EMPTY_CALL(cuStreamBeginCapture_v2, (void *, int))
HANDLE_CALL(cuStreamEndCapture, (void *, void **made))
HANDLE_CALL(cuGraphInstantiateWithFlags, (void **made, void *, unsigned long long))
EMPTY_CALL(cuGraphLaunch, (void *, void *))
EMPTY_CALL(cuGraphExecDestroy, (void *))
EMPTY_CALL(cuGraphDestroy, (void *))
HANDLE_CALL(cuEventCreate, (void **made, unsigned))
EMPTY_CALL(cuEventRecord, (void *, void *))
EMPTY_CALL(cuEventSynchronize, (void *))
EMPTY_CALL(cuEventDestroy_v2, (void *))

FAKE_EXPORT int cuEventElapsedTime(float *milliseconds, void *, void *) {
  CALL(cuEventElapsedTime)
  *milliseconds = 0.002f;
  return 0;
}
