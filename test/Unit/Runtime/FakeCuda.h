// How tests command the fake CUDA driver and see what was launched.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TEST_UNIT_RUNTIME_FAKECUDA_H
#define ADAMAS_TEST_UNIT_RUNTIME_FAKECUDA_H

#include <cstddef>
#include <cstdint>

#define FAKE_EXPORT extern "C" __attribute__((visibility("default")))

struct FakeLaunch {
  char kernel[64];
  unsigned grid[3], block[3], sharedBytes;
  void *stream;
  int cluster;       ///< 0: no such attribute.
  int serialization; ///< 0: no such attribute.
  bool current;      ///< Whether the primary context was current.
  unsigned char parameters[4096];
};

/// Forgets launches and settings, then reads FAKE_CUDA ("devices=0;cuLaunchKernelEx=719") from the environment.
FAKE_EXPORT void fakeCudaReset();

/// version, devices, major, minor: what the driver says. The name of an entry point: the result with which it fails.
FAKE_EXPORT void fakeCudaSet(const char *name, int value);

FAKE_EXPORT size_t fakeCudaLaunchCount();
FAKE_EXPORT const FakeLaunch *fakeCudaLaunch(size_t index);

/// The value last set for a kernel's attribute; -1 if none was.
FAKE_EXPORT int fakeCudaFunctionAttribute(const char *kernel, int attribute);

/// Retained primary contexts, loaded modules and allocations that were not given back.
FAKE_EXPORT int fakeCudaLive();

#endif // ADAMAS_TEST_UNIT_RUNTIME_FAKECUDA_H
