// The GPU of a run, and what its programs share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_GPU_H
#define ADAMAS_TOOLS_ADAMAS_RUN_GPU_H

#include "adamas-run/Options.h"
#include "device/Call.h"
#include "device/Cuda.h"
#include "support/Trace.h"

namespace mlir::adamas {

class Gpu {
public:
  /// Opens the first GPU, and what --graph and --trace need. An error says how to do without.
  static llvm::Expected<std::unique_ptr<Gpu>> open(const Options &options);

  const Device &device() const { return gpu; }

  /// Compiles `module` and loads it; `label` names it in the trace.
  llvm::Expected<DeviceProgram> compile(ModuleOp module, const GpuOptions &options, llvm::StringRef label);

  /// Runs `function` of `program` and fills `results`. Gives the median of `repeat` runs in milliseconds: by the host's
  /// clock from the launch until all is done, or of replays of a graph by the GPU's.
  llvm::Expected<double> run(const DeviceProgram &program, func::FuncOp function, llvm::ArrayRef<Tensor *> arguments,
                             llvm::MutableArrayRef<Tensor> results, int64_t batch, const DeviceLayout &layout,
                             int64_t repeat, llvm::StringRef label);

  llvm::Error writeTrace(llvm::StringRef path) const { return trace->write(path); }

private:
  /// Tracing, with a track for each kind of span.
  struct Tracks : Trace {
    int64_t compile = addTrack("compile"), run = addTrack("run"), kernels = addTrack("kernels, each timed alone");
  };

  explicit Gpu(Device device) : gpu(std::move(device)) {}
  llvm::Error traceKernels(const DeviceProgram &program, llvm::StringRef function, const DeviceCall &call,
                           int64_t repeat, llvm::StringRef label);
  double now() const { return trace ? trace->now() : 0; }
  void addSpan(int64_t Tracks::*track, llvm::StringRef name, double begin, double end);

  Device gpu;
  bool graph = false;
  std::optional<Cuda> driver;
  Cuda::Stream stream = nullptr;
  std::unique_ptr<Tracks> trace;
  /// Two buffers for a copy that drives everything else out of L2.
  std::vector<DeviceBuffer> cold;
};

/// Prints a table of the GPUs, or why there are none; only a driver that fails is an error.
llvm::Error listDevices(bool json, llvm::raw_ostream &os);

/// A GPU as reports name it.
llvm::json::Object describeDevice(const adamas_device_properties &info);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_GPU_H
