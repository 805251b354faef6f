// Where the thresholds of a run come from.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_THRESHOLDCHOICE_H
#define ADAMAS_TOOLS_ADAMAS_RUN_THRESHOLDCHOICE_H

#include "adamas-run/Inputs.h"
#include "adamas-run/Modules.h"
#include "support/Calibration.h"
#include <optional>
#include <string>

namespace mlir::adamas {

struct ThresholdChoice {
  Thresholds sets;
  /// "paper", "quantile", "uniform", "data", "module", or a file, for reports.
  std::string origin;

  /// F32 `[Hkv, 2^bits - 1]` for queries: their own, or the keys'.
  const Tensor &querySets() const { return sets.queryThresholds ? *sets.queryThresholds : sets.keyThresholds; }
};

/// The flag first (a mode, which calibrates on the first half of the data, or a file), then the tensors of the data,
/// then the module, then the paper's constants for an l1 distance of 2 bits; else an error that says how to calibrate.
/// `bits` is the flag's, if given; it must agree with sets that come from a file.
llvm::Expected<ThresholdChoice> chooseThresholds(std::optional<llvm::StringRef> flag, std::optional<int64_t> bits,
                                                 const SafetensorsFile &data, const Inputs &inputs,
                                                 const LoadedModule &module);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_THRESHOLDCHOICE_H
