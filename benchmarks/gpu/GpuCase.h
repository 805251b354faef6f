// One operation on one shape, compiled and timed on a GPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_BENCHMARKS_GPU_GPUCASE_H
#define ADAMAS_BENCHMARKS_GPU_GPUCASE_H

#include "device/TimedStep.h"
#include "llvm/Support/JSON.h"
#include <optional>

namespace mlir::adamas {

/// What to measure. Schedules are chosen where they are left open.
struct CaseSpec : StepDescription {
  std::string regime = "pdl_wait";
  int64_t ways = 0, threads = 0, threadTokens = 0, iterations = 0, distanceBits = 0;
  Engine engine = Engine::Choose;
  Fusion fusion = Fusion::Choose;
  AttentionEngine attention = AttentionEngine::Choose;
  bool eachKernel = false; ///< time every kernel alone, every beginning of the chain, and the step without attention

  /// From a JSON object with the fields of a record; fields that it does not have stay as they are.
  llvm::Error read(const llvm::json::Object &fields);
  llvm::Error check();

  std::string describe() const;
};

/// A regime by the name that records have.
std::optional<Regime> parseRegime(llvm::StringRef name);

/// Compiles and times a case; gives its record without what all records of a run share. `copyGbps` is the bandwidth of
/// a copy.
llvm::Expected<llvm::json::Object> runCase(const Bench &bench, double copyGbps, const CaseSpec &spec);

} // namespace mlir::adamas

#endif // ADAMAS_BENCHMARKS_GPU_GPUCASE_H
