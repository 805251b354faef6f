// Kernels of the runtime's own.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "OwnKernels.h"
#include "Bundle.h"
#include <algorithm>
#include <cstring>

using namespace adamas::impl;

OwnKernels::OwnKernels(std::shared_ptr<const GpuContext> given, const char *text,
                       std::initializer_list<const char *> names)
    : context(std::move(given)) {
  Current current(*context);
  const Driver &driver = context->driver;
  driver.check(driver.moduleLoadDataEx(&module, text, 0, nullptr, nullptr), "cuModuleLoadDataEx");
  try {
    for (const char *name : names) {
      cuda::Function function = nullptr;
      driver.check(driver.moduleGetFunction(&function, module, name), "cuModuleGetFunction");
      functions.emplace_back(name, function);
    }
  } catch (...) {
    driver.moduleUnload(module);
    throw;
  }
}

OwnKernels::~OwnKernels() {
  try {
    Current current(*context);
    context->driver.moduleUnload(module);
  } catch (const Failure &failure) {
    // At the end of a process the driver may be gone already, and the module with it.
    log(LogLevel::Debug, "unloading kernels: %s", failure.what());
  }
}

void OwnKernels::launchBytes(const char *name, int64_t blocks, unsigned threads, const void *block, size_t bytes,
                             cuda::Stream stream) const {
  if (blocks > INT32_MAX)
    fail(ADAMAS_ERROR_UNSUPPORTED, "%s: expected at most %d blocks, but these sizes need %lld", name, INT32_MAX,
         static_cast<long long>(blocks));
  alignas(16) unsigned char copy[maxBlockBytes] = {};
  memcpy(copy, block, bytes);
  void *parameters[] = {copy};
  cuda::LaunchConfig config = {static_cast<unsigned>(blocks), 1, 1, threads, 1, 1, 0, stream, nullptr, 0};
  Current current(*context);
  auto found = std::find_if(functions.begin(), functions.end(), [&](auto &function) { return function.first == name; });
  context->driver.check(context->driver.launchKernelEx(&config, found->second, parameters, nullptr),
                        format("cuLaunchKernelEx of %s", name).c_str());
}
