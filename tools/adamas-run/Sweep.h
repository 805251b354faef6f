// All modules at all budgets, beside what others select.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_SWEEP_H
#define ADAMAS_TOOLS_ADAMAS_RUN_SWEEP_H

#include "adamas-run/Decode.h"
#include "adamas-run/Quality.h"

namespace mlir::adamas {

/// One row of the table: a module at a budget, or a baseline.
struct SweepRow {
  std::string method;
  /// Empty where the method has none.
  std::string thresholds, policy;
  std::optional<int64_t> bits;
  int64_t budget = 0;
  Quality quality;
  /// SHA-1 of the lists of positions, i32 `[B, (Nq,) S, budget]`, so that others can compare theirs.
  std::string indicesDigest;
  /// Bytes that finding the tokens reads, a token and selection: of codes, of keys, or of page bounds.
  double bytesPerToken = 0;
  /// Not measured on the reference and for baselines.
  std::optional<double> milliseconds, denseMilliseconds;
  /// The first difference from the evaluator; empty if there is none or nobody asked.
  std::string difference;
};

struct Sweep {
  std::vector<SweepRow> rows;
  /// What a reader should know beside the table.
  std::vector<std::string> notes;
  /// Of each run but on the reference.
  int64_t repeat = 1;
};

/// Runs every module at budgets 16, 32, ..., 2048, clipped at N. Thresholds: by the flag or the data's tensors; else
/// calibrated, an l1 distance by quantiles (and, for 2 bits, by the paper's constants too), a weighted one by uniform
/// steps with offsets.
llvm::Expected<Sweep> runSweep(const Session &session, llvm::ArrayRef<LoadedModule> modules);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_SWEEP_H
