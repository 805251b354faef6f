// What adamas-run prints and writes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_REPORT_H
#define ADAMAS_TOOLS_ADAMAS_RUN_REPORT_H

#include "adamas-run/Decode.h"
#include "adamas-run/Quality.h"
#include "adamas-run/Sweep.h"

namespace mlir::adamas {

/// One module, run once.
struct RunReport {
  std::string method, thresholds, policy;
  int64_t bits = 0, budget = 0;
  double meanSelected = 0, compileMilliseconds = 0, milliseconds = 0;
  std::optional<Quality> quality;
};

/// The table of one or more runs, or one JSON object.
void printRuns(const Session &session, llvm::ArrayRef<RunReport> runs, llvm::raw_ostream &os);

void printSweep(const Session &session, const Sweep &sweep, llvm::raw_ostream &os);

/// Mass over budget, one line a method.
llvm::Error plotSweep(const Sweep &sweep, llvm::StringRef path);

/// All results, the codes of the keys, and the thresholds and offset in use.
llvm::Error writeResults(const Session &session, const DecodeResult &result, const ThresholdChoice &thresholds,
                         const KeyCodes &codes, bool isL1);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_REPORT_H
