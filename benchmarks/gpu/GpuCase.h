// One operation on one shape, compiled and timed on a GPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_BENCHMARKS_GPU_GPUCASE_H
#define ADAMAS_BENCHMARKS_GPU_GPUCASE_H

#include "device/Cuda.h"
#include "device/Device.h"
#include "llvm/Support/JSON.h"
#include <optional>

namespace mlir::adamas {

/// What to measure. Schedules are chosen where they are left open.
struct CaseSpec {
  int64_t queryHeads = 32, kvHeads = 32, batch = 1, tokens = 32768;
  std::vector<int64_t> lengths;     ///< of each sequence; empty: all are `tokens` long
  std::string module = "l1";        ///< l1, weighted, two_pass, dense, append
  std::string operation = "decode"; ///< of the first three: decode, or select, which attends to nothing
  std::string policy = "per_query_head";
  int64_t budget = 128, pageSize = 0;
  std::string regime = "pdl_wait";
  int64_t ways = 0, threads = 0, threadTokens = 0, iterations = 0;
  Engine engine = Engine::Choose;
  Fusion fusion = Fusion::Choose;
  bool eachKernel = false; ///< time every kernel alone, every beginning of the chain, and the step without attention

  /// Shape "Hq/Hkv/B/N".
  llvm::Error setShape(llvm::StringRef text);
  /// From a JSON object with the fields of a record; fields that it does not have stay as they are.
  llvm::Error read(const llvm::json::Object &fields);
  llvm::Error check();

  bool isStep() const { return module != "dense" && module != "append"; }
  int64_t countTokens() const;
  std::string describe() const;
};

/// A regime by the name that records have.
std::optional<Regime> parseRegime(llvm::StringRef name);

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

/// Where cases run.
struct Bench {
  const Device &device;
  Cuda &cuda;
  Cuda::Stream stream;
  const RandomBlocks &blocks;
  double copyGbps;
  int64_t replays;
};

/// Compiles and times a case; gives its record without what all records of a run share.
llvm::Expected<llvm::json::Object> runCase(const Bench &bench, const CaseSpec &spec);

} // namespace mlir::adamas

#endif // ADAMAS_BENCHMARKS_GPU_GPUCASE_H
