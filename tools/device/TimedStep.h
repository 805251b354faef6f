// One operation of a shape, compiled in any number of ways and timed on a GPU: CUDA graph, L2-cold, median.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_DEVICE_TIMEDSTEP_H
#define ADAMAS_TOOLS_DEVICE_TIMEDSTEP_H

#include "device/Cuda.h"
#include "device/Device.h"
#include <random>

namespace mlir::adamas {

struct StepDescription {
  /// Of every model that is measured.
  static constexpr int64_t headDim = 128;

  std::string module = "l1";        ///< l1, weighted, two_pass, dense or append
  std::string operation = "decode"; ///< of the first three: decode, or select, which attends to nothing
  std::string policy = "per_query_head";
  int64_t queryHeads = 32, kvHeads = 32, batch = 1, tokens = 32768;
  std::vector<int64_t> lengths; ///< of each sequence; empty: all are `tokens` long
  int64_t expected = 0;         ///< tokens that it is compiled for; 0: as many as there are
  int64_t budget = 128, pageSize = 0;

  bool selects() const { return module != "dense" && module != "append"; }
  int64_t bits() const { return module == "two_pass" ? 4 : 2; }
  int64_t candidates() const { return module == "two_pass" ? 8 * budget : 0; }
  /// The entry of a bundle.
  std::string function() const { return selects() ? operation : module; }
  int64_t countTokens() const;
  /// Bytes of codes that a scan reads.
  int64_t codeBytes() const;

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

/// `options` with the launches and the parts that `compileStep` gives it.
llvm::Expected<GpuOptions> chooseLaunches(const StepDescription &step, llvm::StringRef chip, GpuOptions options);

/// Blocks of random bits and random floats in a device's memory, of which tensors are copies: that is faster than to
/// draw every tensor.
class RandomBlocks {
public:
  static llvm::Expected<RandomBlocks> make(const Device &device);
  const DeviceBuffer &of(bool floats) const { return floats ? ofFloats : ofBits; }

private:
  RandomBlocks(DeviceBuffer bits, DeviceBuffer floats) : ofBits(std::move(bits)), ofFloats(std::move(floats)) {}
  DeviceBuffer ofBits, ofFloats;
};

/// Where steps are timed.
struct Bench {
  const Device &device;
  Cuda &cuda;
  Cuda::Stream stream;
  const RandomBlocks &blocks;
  int64_t replays;
};

/// Memory of a step: buffers rotate, so that together they are several times the L2; data is uniform random.
class TimedStep {
public:
  TimedStep(const Bench &bench, StepDescription step) : bench(bench), step(std::move(step)) {}

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

  Bench bench;
  StepDescription step;
  std::mt19937 random{12345};
  std::vector<DeviceBuffer> buffers;
  std::vector<std::string> names; ///< of the arguments
  std::vector<std::vector<adamas_tensor>> sets;
  void *workspace = nullptr;
  size_t workspaceSize = 0;
};

/// Read and written bytes per second of a 1 GiB copy, in GB/s.
llvm::Expected<double> measureCopy(const Device &device, Cuda &cuda, Cuda::Stream stream, int64_t replays);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_DEVICE_TIMEDSTEP_H
