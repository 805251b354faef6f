// Opens the CUDA driver library and turns its results into errors.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Driver.h"
#include "Environment.h"
#include <dlfcn.h>
#include <map>
#include <memory>
#include <mutex>

using namespace adamas::impl;

// The first driver with cuLaunchKernelEx, which clusters and dependent launches need.
static constexpr int minimumVersion = 12000;

static std::unique_ptr<Driver> load(const std::string &path) {
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    fail(ADAMAS_ERROR_NO_DRIVER,
         "%s: expected the CUDA driver library, but it cannot be opened (%s): install NVIDIA's driver, or set %s",
         path.c_str(), reason ? reason : "no reason given", variableName(Variable::LibCuda));
  }
  auto driver = std::make_unique<Driver>();
  driver->path = path;
  const char *missing = nullptr;
#define ADAMAS_LOOK_UP(name, symbol, parameters)                                                                       \
  driver->name = reinterpret_cast<cuda::Result(*) parameters>(dlsym(library, #symbol));                                \
  if (!driver->name)                                                                                                   \
    missing = #symbol;
  ADAMAS_DRIVER_FUNCTIONS(ADAMAS_LOOK_UP)
#undef ADAMAS_LOOK_UP
  if (!driver->driverGetVersion)
    fail(ADAMAS_ERROR_NO_DRIVER, "%s: expected the CUDA driver library, but it has no cuDriverGetVersion: set %s",
         path.c_str(), variableName(Variable::LibCuda));
  if (missing)
    fail(ADAMAS_ERROR_OLD_DRIVER, "%s: expected a driver of CUDA 12.0 or later, but it has no %s: update the driver",
         path.c_str(), missing);
  return driver;
}

const Driver &Driver::open() {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Driver>> drivers;
  std::string path = environmentText(Variable::LibCuda);
  if (path.empty())
    path = "libcuda.so.1";
  const Driver *driver;
  {
    std::lock_guard<std::mutex> lock(mutex);
    std::unique_ptr<Driver> &entry = drivers[path];
    if (!entry)
      entry = load(path);
    driver = entry.get();
  }
  int version = 0;
  cuda::Result result = driver->driverGetVersion(&version);
  if (result == cuda::stubLibrary)
    fail(ADAMAS_ERROR_NO_DRIVER,
         "%s: expected the CUDA driver library, but it is the toolkit's stub: install the driver", path.c_str());
  driver->check(result, "cuDriverGetVersion");
  if (version < minimumVersion)
    fail(ADAMAS_ERROR_OLD_DRIVER, "%s: expected a driver of CUDA 12.0 or later, but got CUDA %d.%d: update the driver",
         path.c_str(), version / 1000, version % 1000 / 10);
  return *driver;
}

const Driver &Driver::ready() {
  const Driver &driver = open();
  cuda::Result result = driver.init(0);
  if (result == cuda::noDevice)
    fail(ADAMAS_ERROR_NO_DEVICE, "cuInit: expected a GPU, but the driver finds none: %s",
         driver.describe(result).c_str());
  driver.check(result, "cuInit");
  return driver;
}

void Driver::check(cuda::Result result, const char *call) const {
  if (result == cuda::success)
    return;
  adamas_status status = result == cuda::outOfMemory ? ADAMAS_ERROR_OUT_OF_MEMORY : ADAMAS_ERROR_DRIVER;
  fail(status, "%s: expected success, but got %s", call, describe(result).c_str());
}

std::string Driver::describe(cuda::Result result) const {
  const char *name = nullptr, *text = nullptr;
  if (getErrorName(result, &name) != cuda::success || !name)
    return format("CUDA error %d", result);
  if (getErrorString(result, &text) != cuda::success || !text)
    return name;
  return format("%s (%s)", name, text);
}
