// Modules compiled for a GPU and run on it, from tensors on the host: what tools and tests call.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_DEVICE_DEVICE_H
#define ADAMAS_TOOLS_DEVICE_DEVICE_H

#include "adamas/GpuCompiler/GpuCompiler.h"
#include "adamas/Reference/Tensor.h"
#include "adamas/runtime.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace mlir::adamas {

/// An error with the runtime's text, or success.
llvm::Error toError(adamas_status status);

/// One GPU.
class Device {
public:
  static llvm::Expected<Device> open(int32_t ordinal = 0);
  Device(Device &&other) : context(std::exchange(other.context, nullptr)), properties(other.properties) {}
  ~Device() { adamas_context_destroy(context); }

  adamas_context *get() const { return context; }
  const adamas_device_properties &info() const { return properties; }

private:
  Device() = default;
  adamas_context *context = nullptr;
  adamas_device_properties properties = {};
};

/// Device memory that is freed with its owner.
class DeviceBuffer {
public:
  static llvm::Expected<DeviceBuffer> allocate(const Device &device, size_t bytes);
  DeviceBuffer(DeviceBuffer &&other)
      : context(other.context), memory(std::exchange(other.memory, nullptr)), size(other.size) {}
  ~DeviceBuffer();

  llvm::Error write(const void *bytes, size_t count);
  llvm::Error read(void *bytes, size_t count) const;
  void *data() const { return memory; }
  size_t bytes() const { return size; }

private:
  DeviceBuffer() = default;
  adamas_context *context = nullptr;
  void *memory = nullptr;
  size_t size = 0;
};

/// How the tensors of a call lie in the device's memory.
struct DeviceLayout {
  int64_t pageSize = 0;    ///< tokens of a page, of caches that the module pages (`pageCaches`); 0: contiguous
  bool tokenMajor = false; ///< tokens before heads in memory
  uint32_t shuffle = 0;    ///< seed of the order of pages; 0: ascending
};

/// Rewrites the caches that `function` takes as pools of pages of `pageSize` tokens, with a page table as a last
/// argument. Form 1.
llvm::Error pageCaches(func::FuncOp function, int64_t pageSize);

/// A compiled module on a device.
class DeviceProgram {
public:
  static llvm::Expected<DeviceProgram> create(const Device &device, ModuleOp module, const GpuOptions &options,
                                              GpuCompileTimes *times = nullptr);
  static llvm::Expected<DeviceProgram> load(const Device &device, std::string bundle);
  DeviceProgram(DeviceProgram &&other)
      : device(other.device), program(std::exchange(other.program, nullptr)), bundle(std::move(other.bundle)) {}
  ~DeviceProgram() { adamas_program_destroy(program); }

  adamas_program *get() const { return program; }
  const Device &on() const { return *device; }

  /// Names of the kernels that `function` launches, in order.
  std::vector<std::string> kernels(StringRef function) const;
  /// A program whose `function` launches `count` of its kernels from `index` on alone, on the same values and
  /// workspace.
  llvm::Expected<DeviceProgram> withKernel(StringRef function, size_t index, size_t count = 1) const;

  /// A kernel as it is launched, and the image that holds it.
  struct Kernel {
    std::string name, image;
    int64_t threads, sharedBytes, cluster;
  };
  std::vector<Kernel> describe(StringRef function) const;

  /// Calls `function`, as it was before it was compiled, with `arguments` in order (without page tables, which the call
  /// makes) and fills `results`, which are poisoned first, as the workspace is. Codes of keys are canonical
  /// `[B, Hkv, N, bits, D / 32]` on the host and lie planes apart on the device. A batch of 1 serves `batch` sequences.
  /// Gives the median of `repeat` runs in milliseconds, host time. The `updated` arguments, which are written in place
  /// and lie densely, are read back.
  llvm::Expected<double> run(func::FuncOp function, ArrayRef<Tensor *> arguments, MutableArrayRef<Tensor> results,
                             int64_t batch, const DeviceLayout &layout = {}, int64_t repeat = 1,
                             ArrayRef<unsigned> updated = {});

private:
  DeviceProgram(const Device &device) : device(&device) {}

  const Device *device;
  adamas_program *program = nullptr;
  std::string bundle;
};

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_DEVICE_DEVICE_H
