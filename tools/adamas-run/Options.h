// What a call of adamas-run asks for.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_OPTIONS_H
#define ADAMAS_TOOLS_ADAMAS_RUN_OPTIONS_H

#include "adamas/IR/AdamasDialect.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlir::adamas {

enum class TargetKind { Reference, X86, Cuda };
enum class CompareKind { None, Reference, Dense };

llvm::StringRef targetName(TargetKind target);
/// Whether times of a target say anything: it compiles what it runs.
inline bool isTimed(TargetKind target) { return target != TargetKind::Reference; }

/// Optional fields are flags that were not given.
struct Options {
  std::vector<std::string> modules;
  std::string data;
  TargetKind target = TargetKind::X86;
  std::optional<int64_t> budget, bits, sink, recent;
  std::optional<Policy> policy;
  std::optional<std::string> thresholds; ///< paper, quantile, uniform, or a file
  CompareKind compare = CompareKind::None;
  std::string out, plot, trace;
  bool sweep = false, strict = false, json = false, emitDistances = false;
  bool graph = false, listDevices = false;
  std::string cpu = "host";
  unsigned threads = 0; ///< 0: all that the process may use
  std::optional<int64_t> ways, repeat;
  std::optional<int64_t> paged; ///< tokens of a page
};

/// Reads the command line; prints and exits on `--help` and on flags that do not exist or do not parse.
Options parseOptions(int argc, char **argv);

/// Errors for values out of range and for flags that exclude each other, each naming the flag.
llvm::Error checkOptions(const Options &options);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_OPTIONS_H
