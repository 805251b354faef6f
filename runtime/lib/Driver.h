// The CUDA driver API: the few declarations that are needed here, and the library, opened at run time.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names, numbers and layouts are those of NVIDIA's public driver API documentation. The toolkit's header is not used,
// so that building needs no toolkit.

#ifndef ADAMAS_RUNTIME_LIB_DRIVER_H
#define ADAMAS_RUNTIME_LIB_DRIVER_H

#include "Error.h"
#include <cstddef>
#include <cstdint>
#include <string>

namespace adamas::impl::cuda {

using Result = int; // CUresult; an int, so that numbers of newer drivers are no undefined behaviour.
using Device = int;
using Context = struct CUctx_st *;
using Module = struct CUmod_st *;
using Function = struct CUfunc_st *;
using Stream = struct CUstream_st *;
using Address = unsigned long long; // CUdeviceptr

constexpr Result success = 0, outOfMemory = 2, stubLibrary = 34, noDevice = 100, invalidDevice = 101,
                 invalidImage = 200, noBinaryForGpu = 209, invalidPtx = 218, unsupportedPtxVersion = 222;

constexpr int attributeMultiprocessors = 16, attributeL2Bytes = 38, attributeComputeMajor = 75,
              attributeComputeMinor = 76, attributeSharedBytesOptIn = 97;
constexpr int functionDynamicSharedBytes = 8, functionNonPortableCluster = 14;
constexpr int pointerMemoryType = 2, pointerRangeStart = 11, pointerRangeSize = 12;
constexpr int jitErrorLog = 5, jitErrorLogBytes = 6;
constexpr unsigned launchClusterDimension = 4, launchProgrammaticSerialization = 6;

struct LaunchAttribute {
  unsigned id;
  unsigned padding;
  union {
    char bytes[64];
    struct {
      unsigned x, y, z;
    } clusterDimension;
    int programmaticSerialization;
  } value;
};
static_assert(sizeof(LaunchAttribute) == 72 && offsetof(LaunchAttribute, value) == 8, "CUlaunchAttribute");

struct LaunchConfig {
  unsigned gridX, gridY, gridZ;
  unsigned blockX, blockY, blockZ;
  unsigned sharedBytes;
  Stream stream;
  LaunchAttribute *attributes;
  unsigned attributeCount;
};
static_assert(sizeof(LaunchConfig) == 56 && offsetof(LaunchConfig, stream) == 32, "CUlaunchConfig");

} // namespace adamas::impl::cuda

namespace adamas::impl {

/// Every entry point: result, parameters, exported name, name here. Versioned names are those that headers since CUDA
/// 4 map the plain ones to.
#define ADAMAS_DRIVER_FUNCTIONS(X)                                                                                     \
  X(init, cuInit, (unsigned))                                                                                          \
  X(driverGetVersion, cuDriverGetVersion, (int *))                                                                     \
  X(getErrorName, cuGetErrorName, (cuda::Result, const char **))                                                       \
  X(getErrorString, cuGetErrorString, (cuda::Result, const char **))                                                   \
  X(deviceGetCount, cuDeviceGetCount, (int *))                                                                         \
  X(deviceGet, cuDeviceGet, (cuda::Device *, int))                                                                     \
  X(deviceGetName, cuDeviceGetName, (char *, int, cuda::Device))                                                       \
  X(deviceGetAttribute, cuDeviceGetAttribute, (int *, int, cuda::Device))                                              \
  X(deviceTotalMem, cuDeviceTotalMem_v2, (size_t *, cuda::Device))                                                     \
  X(primaryCtxRetain, cuDevicePrimaryCtxRetain, (cuda::Context *, cuda::Device))                                       \
  X(primaryCtxRelease, cuDevicePrimaryCtxRelease_v2, (cuda::Device))                                                   \
  X(ctxGetCurrent, cuCtxGetCurrent, (cuda::Context *))                                                                 \
  X(ctxPushCurrent, cuCtxPushCurrent_v2, (cuda::Context))                                                              \
  X(ctxPopCurrent, cuCtxPopCurrent_v2, (cuda::Context *))                                                              \
  X(moduleLoadDataEx, cuModuleLoadDataEx, (cuda::Module *, const void *, unsigned, int *, void **))                    \
  X(moduleUnload, cuModuleUnload, (cuda::Module))                                                                      \
  X(moduleGetFunction, cuModuleGetFunction, (cuda::Function *, cuda::Module, const char *))                            \
  X(funcSetAttribute, cuFuncSetAttribute, (cuda::Function, int, int))                                                  \
  X(memAlloc, cuMemAlloc_v2, (cuda::Address *, size_t))                                                                \
  X(memFree, cuMemFree_v2, (cuda::Address))                                                                            \
  X(memcpyHtoDAsync, cuMemcpyHtoDAsync_v2, (cuda::Address, const void *, size_t, cuda::Stream))                        \
  X(memcpyDtoHAsync, cuMemcpyDtoHAsync_v2, (void *, cuda::Address, size_t, cuda::Stream))                              \
  X(streamSynchronize, cuStreamSynchronize, (cuda::Stream))                                                            \
  X(pointerGetAttribute, cuPointerGetAttribute, (void *, int, cuda::Address))                                          \
  X(launchKernelEx, cuLaunchKernelEx, (const cuda::LaunchConfig *, cuda::Function, void **, void **))

/// The entry points of one driver library.
class Driver {
public:
  /// The library that ADAMAS_LIBCUDA names, or libcuda.so.1; it stays open. NO_DRIVER, OLD_DRIVER.
  static const Driver &open();

  /// open() and cuInit. NO_DEVICE too.
  static const Driver &ready();

  /// Fails with what CUDA calls this result, if it is not success. `call` is the call's name.
  void check(cuda::Result result, const char *call) const;

  /// CUDA's name and text of a result: "CUDA_ERROR_NO_DEVICE (no CUDA-capable device is detected)".
  std::string describe(cuda::Result result) const;

  std::string path;

#define ADAMAS_DECLARE(name, symbol, parameters) cuda::Result(*name) parameters = nullptr;
  ADAMAS_DRIVER_FUNCTIONS(ADAMAS_DECLARE)
#undef ADAMAS_DECLARE
};

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_DRIVER_H
