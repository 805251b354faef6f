// Loads images and launches functions.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Program.h"
#include "Tensor.h"
#include <algorithm>
#include <cstring>

using namespace adamas::impl;

// What every GPU gives a block without being asked.
static constexpr unsigned defaultSharedBytes = 48 << 10;
// The largest cluster that every GPU with clusters has.
static constexpr unsigned portableCluster = 8;

Program::Program(std::shared_ptr<const GpuContext> context, std::shared_ptr<const Bundle> bundle)
    : context(std::move(context)), contents(std::move(bundle)) {
  const adamas_device_properties &device = this->context->properties;
  checkChip(contents->chip, contents->ptx, device.compute_major, device.compute_minor);
  for (const FunctionInfo &function : contents->functions)
    for (const Kernel &kernel : function.kernels) {
      if (kernel.cluster > 1 && device.compute_major < 9)
        fail(ADAMAS_ERROR_UNSUPPORTED, "kernel %s: expected a GPU with clusters (sm_90 or later), but got %s",
             kernel.name.c_str(), device.chip);
      if (kernel.sharedBytes > device.shared_bytes_per_block)
        fail(ADAMAS_ERROR_UNSUPPORTED, "kernel %s: expected at most %lld bytes of shared memory, but it needs %u",
             kernel.name.c_str(), static_cast<long long>(device.shared_bytes_per_block), kernel.sharedBytes);
    }

  Current current(*this->context);
  try {
    loadKernels();
  } catch (...) {
    unload();
    throw;
  }
}

cuda::Module Program::loadImage(size_t offset) {
  if (auto loaded = modules.find(offset); loaded != modules.end())
    return loaded->second;
  const Driver &driver = context->driver;
  const adamas_device_properties &device = context->properties;
  char errors[1024] = "";
  int options[] = {cuda::jitErrorLog, cuda::jitErrorLogBytes};
  void *values[] = {errors, reinterpret_cast<void *>(sizeof(errors) - 1)};
  cuda::Module module = nullptr;
  cuda::Result result =
      driver.moduleLoadDataEx(&module, contents->image.data() + offset, contents->ptx ? 2 : 0, options, values);
  if (result == cuda::noBinaryForGpu || result == cuda::unsupportedPtxVersion)
    fail(ADAMAS_ERROR_UNSUPPORTED, "bundle: expected an image that %s (%s) can load, but got %s", device.chip,
         device.name, driver.describe(result).c_str());
  if (result == cuda::invalidImage || result == cuda::invalidPtx)
    fail(ADAMAS_ERROR_CORRUPT, "bundle: expected a valid %s image, but got %s %s", contents->ptx ? "ptx" : "cubin",
         driver.describe(result).c_str(), errors);
  driver.check(result, "cuModuleLoadDataEx");
  return modules[offset] = module;
}

void Program::unload() {
  for (const auto &[offset, module] : modules)
    context->driver.moduleUnload(module);
  modules.clear();
}

void Program::loadKernels() {
  const Driver &driver = context->driver;
  for (const FunctionInfo &function : contents->functions) {
    std::vector<cuda::Function> &handles = kernels.emplace_back();
    for (const Kernel &kernel : function.kernels) {
      cuda::Function handle = nullptr;
      cuda::Result result = driver.moduleGetFunction(&handle, loadImage(kernel.imageOffset), kernel.name.c_str());
      if (result != cuda::success)
        fail(ADAMAS_ERROR_CORRUPT, "kernel %s: expected it in the bundle's image, but got %s", kernel.name.c_str(),
             driver.describe(result).c_str());
      if (kernel.sharedBytes > defaultSharedBytes)
        driver.check(
            driver.funcSetAttribute(handle, cuda::functionDynamicSharedBytes, static_cast<int>(kernel.sharedBytes)),
            "cuFuncSetAttribute");
      if (kernel.cluster > portableCluster)
        driver.check(driver.funcSetAttribute(handle, cuda::functionNonPortableCluster, 1), "cuFuncSetAttribute");
      handles.push_back(handle);
    }
  }
}

Program::~Program() {
  try {
    Current current(*context);
    unload();
  } catch (const Failure &failure) {
    // At the end of a process the driver may be gone already, and the module with it.
    log(LogLevel::Debug, "unloading a program: %s", failure.what());
  }
}

size_t Program::find(const char *name) const {
  std::string known;
  for (size_t i = 0; i < contents->functions.size(); ++i)
    if (contents->functions[i].name == name)
      return i;
  for (const FunctionInfo &function : contents->functions)
    known += (known.empty() ? "" : ", ") + function.name;
  fail(ADAMAS_ERROR_INVALID_ARGUMENT, "function: expected one of %s, but got '%s'", known.c_str(), name);
}

/// Sizes of a workspace value. Its bytes are the result; `sizes` and `strides` are filled.
static size_t workspaceShape(const Value &value, const adamas_tensor *tensors, int64_t *sizes, int64_t *strides) {
  int64_t elements = 1;
  for (int axis = value.rank - 1; axis >= 0; --axis) {
    sizes[axis] = value.shape[axis].evaluate(tensors);
    strides[axis] = elements;
    if (sizes[axis] < 0)
      fail(ADAMAS_ERROR_CORRUPT, "workspace %s: expected a size of at least 0, but axis %d has %lld",
           value.name.c_str(), axis, static_cast<long long>(sizes[axis]));
    if (__builtin_mul_overflow(elements, sizes[axis], &elements))
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "workspace %s: expected below 2^63 elements, but these sizes need more",
           value.name.c_str());
  }
  int64_t bytes;
  if (__builtin_mul_overflow(elements, elementBytes(value.element), &bytes) ||
      bytes > INT64_MAX - static_cast<int64_t>(workspaceAlignment))
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "workspace %s: expected below 2^63 bytes, but these sizes need more",
         value.name.c_str());
  return static_cast<size_t>(bytes);
}

/// Where the workspace's next value begins.
static size_t alignWorkspace(size_t offset) {
  return (offset + workspaceAlignment - 1) / workspaceAlignment * workspaceAlignment;
}

static size_t addWorkspace(size_t begin, size_t bytes) {
  if (bytes > static_cast<size_t>(INT64_MAX) - begin)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "workspace: expected below 2^63 bytes, but these sizes need more");
  return begin + bytes;
}

void adamas::impl::checkWorkspace(const char *name, size_t needed, const void *workspace, size_t bytes) {
  if (needed > bytes)
    fail(ADAMAS_ERROR_WORKSPACE_TOO_SMALL, "workspace: expected at least %zu bytes for %s at these sizes, but got %zu",
         needed, name, bytes);
  if (needed && !workspace)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "workspace: expected %zu bytes of device memory, but got null", needed);
  if (needed && reinterpret_cast<uintptr_t>(workspace) % workspaceAlignment)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "workspace: expected an address that is a multiple of %zu, but got %p",
         workspaceAlignment, workspace);
}

static void checkCount(const FunctionInfo &function, const adamas_tensor *tensors, size_t count) {
  if (count != function.visible.size())
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "function %s: expected %zu values (arguments, then results), but got %zu",
         function.name.c_str(), function.visible.size(), count);
  if (!tensors && count)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "function %s: expected an array of values, but got null",
         function.name.c_str());
}

size_t Program::workspaceSize(size_t index, const adamas_tensor *tensors, size_t count) const {
  const FunctionInfo &function = contents->functions[index];
  checkCount(function, tensors, count);
  for (size_t i = 0; i < count; ++i)
    checkSizes(function.values[function.visible[i]], tensors[i]);
  size_t total = 0;
  int64_t sizes[ADAMAS_MAX_RANK], strides[ADAMAS_MAX_RANK];
  for (const Value &value : function.values)
    if (value.role == Role::Workspace)
      total = addWorkspace(alignWorkspace(total), workspaceShape(value, tensors, sizes, strides));
  return total;
}

/// Writes a value's entry of the parameter block: pointer, sizes, strides.
static void putEntry(unsigned char *block, const Value &value, uint64_t address, const int64_t *sizes,
                     const int64_t *strides) {
  unsigned char *entry = block + value.offset;
  memcpy(entry, &address, 8);
  memcpy(entry + 8, sizes, 8 * value.rank);
  memcpy(entry + 8 + 8 * value.rank, strides, 8 * value.rank);
}

/// Fills the block and returns the bytes of workspace that it uses.
static size_t fillBlock(const FunctionInfo &function, const adamas_tensor *tensors, void *workspace,
                        unsigned char *block) {
  size_t total = 0;
  for (const Value &value : function.values) {
    if (value.role != Role::Workspace) {
      const adamas_tensor &tensor = tensors[value.place];
      putEntry(block, value, reinterpret_cast<uint64_t>(tensor.data), tensor.sizes, tensor.strides);
      continue;
    }
    int64_t sizes[ADAMAS_MAX_RANK], strides[ADAMAS_MAX_RANK];
    size_t bytes = workspaceShape(value, tensors, sizes, strides);
    total = alignWorkspace(total);
    putEntry(block, value, reinterpret_cast<uint64_t>(workspace) + total, sizes, strides);
    total = addWorkspace(total, bytes);
  }
  return total;
}

static void checkGrid(const Kernel &kernel, const int64_t *grid) {
  static constexpr int64_t limits[3] = {INT32_MAX, 65535, 65535};
  for (int axis = 0; axis < 3; ++axis) {
    if (grid[axis] < 0)
      fail(ADAMAS_ERROR_CORRUPT, "kernel %s: expected a grid of at least 0, but axis %d has %lld", kernel.name.c_str(),
           axis, static_cast<long long>(grid[axis]));
    if (grid[axis] > limits[axis])
      fail(ADAMAS_ERROR_UNSUPPORTED, "kernel %s: expected a grid of at most %lld on axis %d, but these sizes need %lld",
           kernel.name.c_str(), static_cast<long long>(limits[axis]), axis, static_cast<long long>(grid[axis]));
  }
  // One without blocks is never launched.
  if (grid[0] % kernel.cluster != 0 && grid[1] != 0 && grid[2] != 0)
    fail(ADAMAS_ERROR_CORRUPT, "kernel %s: expected a grid that clusters of %u divide, but got %lld",
         kernel.name.c_str(), kernel.cluster, static_cast<long long>(grid[0]));
}

void Program::launch(size_t index, const adamas_tensor *tensors, size_t count, void *workspace, size_t workspaceBytes,
                     cuda::Stream stream, bool validate) const {
  const FunctionInfo &function = contents->functions[index];
  checkCount(function, tensors, count);
  for (size_t i = 0; i < count; ++i)
    checkTensor(function.values[function.visible[i]], tensors[i]);

  alignas(16) unsigned char block[maxBlockBytes];
  memset(block, 0, function.blockBytes);
  size_t needed = fillBlock(function, tensors, workspace, block);
  checkWorkspace(function.name.c_str(), needed, workspace, workspaceBytes);

  // All grids before the first launch: a function is launched whole or not at all.
  for (const Kernel &kernel : function.kernels) {
    int64_t grid[3];
    for (int axis = 0; axis < 3; ++axis)
      grid[axis] = kernel.grid[axis].evaluate(tensors);
    checkGrid(kernel, grid);
  }

  Current current(*context);
  if (validate)
    validateMemory(function, tensors, workspace, needed);
  void *parameters[] = {block};
  for (size_t i = 0; i < function.kernels.size(); ++i) {
    const Kernel &kernel = function.kernels[i];
    int64_t grid[3];
    for (int axis = 0; axis < 3; ++axis)
      grid[axis] = kernel.grid[axis].evaluate(tensors);
    if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0)
      continue;
    cuda::LaunchAttribute attributes[2] = {};
    cuda::LaunchConfig config = {static_cast<unsigned>(grid[0]),
                                 static_cast<unsigned>(grid[1]),
                                 static_cast<unsigned>(grid[2]),
                                 kernel.threads,
                                 1,
                                 1,
                                 kernel.sharedBytes,
                                 stream,
                                 attributes,
                                 0};
    if (kernel.cluster > 1) {
      cuda::LaunchAttribute &attribute = attributes[config.attributeCount++];
      attribute.id = cuda::launchClusterDimension;
      attribute.value.clusterDimension = {kernel.cluster, 1, 1};
    }
    // Earlier GPUs refuse the attribute; without it kernels simply follow each other.
    if (kernel.dependent && context->properties.compute_major >= 9) {
      cuda::LaunchAttribute &attribute = attributes[config.attributeCount++];
      attribute.id = cuda::launchProgrammaticSerialization;
      attribute.value.programmaticSerialization = 1;
    }
    cuda::Result result = context->driver.launchKernelEx(&config, kernels[index][i], parameters, nullptr);
    if (result != cuda::success)
      context->driver.check(result, format("cuLaunchKernelEx of %s", kernel.name.c_str()).c_str());
  }
}

void Program::validateMemory(const FunctionInfo &function, const adamas_tensor *tensors, const void *workspace,
                             size_t workspaceBytes) const {
  uintptr_t scratch = reinterpret_cast<uintptr_t>(workspace);
  if (workspaceBytes)
    checkMemory(context->driver, "workspace", scratch, workspaceBytes);
  for (size_t i = 0; i < function.visible.size(); ++i) {
    const Value &value = function.values[function.visible[i]];
    size_t bytes = extentBytes(value, tensors[i]);
    uintptr_t data = reinterpret_cast<uintptr_t>(tensors[i].data);
    if (!bytes)
      continue;
    checkMemory(context->driver, value.name.c_str(), data, bytes);
    if (workspaceBytes && data < scratch + workspaceBytes && scratch < data + bytes)
      fail(ADAMAS_ERROR_VALIDATION, "%s: expected memory apart from the workspace, but it overlaps it",
           value.name.c_str());
  }
}
