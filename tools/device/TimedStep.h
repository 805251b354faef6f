// One operation of a shape, compiled in any number of ways and timed on a GPU: CUDA graph, L2-cold, median.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_DEVICE_TIMEDSTEP_H
#define ADAMAS_TOOLS_DEVICE_TIMEDSTEP_H

#include "device/Cuda.h"
#include "device/Device.h"
#include <optional>
#include <random>

namespace mlir::adamas {

struct StepDescription {
  std::string module = "l1"; ///< l1, weighted, two_pass, dense or append
  std::string policy = "per_query_head";
  int64_t queryHeads = 32, kvHeads = 32, batch = 1, tokens = 32768;
  int64_t expected = 0; ///< tokens that it is compiled for; 0: as many as there are
  int64_t budget = 128, pageSize = 0;

  bool selects() const { return module != "dense" && module != "append"; }
  int64_t bits() const { return module == "two_pass" ? 4 : 2; }
  int64_t candidates() const { return module == "two_pass" ? 8 * budget : 0; }
  /// The entry of a bundle.
  std::string function() const { return selects() ? "decode" : module; }

  /// Parses Hq/Hkv/B/N into the members of those names. The error names `flag`.
  llvm::Error parseShape(llvm::StringRef text, llvm::StringRef flag);
};

/// A bundle with what its tensors need, made by any thread.
struct CompiledStep {
  std::string bundle;
  std::vector<std::string> arguments;
  GpuCompileTimes times;
};

/// Compiles for `chip`. `options` says all but chip, batch and tokens.
llvm::Expected<CompiledStep> compileStep(const StepDescription &step, llvm::StringRef chip, GpuOptions options);

/// How `compileStep` launches it where neither options nor a table say so.
llvm::Expected<GpuOptions> estimateOptions(const StepDescription &step, llvm::StringRef chip);

/// Memory of a step: buffers rotate, so that together they are several times the L2; data is uniform random.
class TimedStep {
public:
  TimedStep(const Device &device, Cuda &cuda, Cuda::Stream stream, StepDescription step)
      : device(device), cuda(cuda), stream(stream), step(std::move(step)) {}

  llvm::Expected<DeviceProgram> load(CompiledStep compiled);
  /// The median of `replays` replays, in microseconds a step.
  llvm::Expected<double> time(const DeviceProgram &program, int64_t replays);

  /// How many copies of the tensors rotate.
  size_t countSets() const { return sets.size(); }

private:
  llvm::Expected<void *> allocate(size_t bytes, bool floats);
  llvm::Error makeSets(const DeviceProgram &program);
  llvm::Error reserveWorkspace(const DeviceProgram &program);
  llvm::Expected<adamas_tensor> makeValue(const DeviceProgram &program, size_t index);

  const Device &device;
  Cuda &cuda;
  Cuda::Stream stream;
  StepDescription step;
  std::mt19937 random{12345};
  std::vector<DeviceBuffer> buffers;
  std::vector<std::string> names; ///< of the arguments
  std::vector<std::vector<adamas_tensor>> sets;
  std::optional<DeviceBuffer> workspace;
};

/// Read and written bytes per second of a 1 GiB copy, in GB/s.
llvm::Expected<double> measureCopy(const Device &device, Cuda &cuda, Cuda::Stream stream, int64_t replays);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_DEVICE_TIMEDSTEP_H
