// What the runtime asks of the compiler: one operation for one shape of model and cache.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_GPUCOMPILER_REQUEST_H
#define ADAMAS_GPUCOMPILER_REQUEST_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace mlir::adamas {

/// The chip of requests for the CPU that the process runs on.
inline constexpr const char *hostChip = "x86";

struct Request {
  std::string chip, dtype, metric, operation, policy;
  std::string tuning; ///< as `GpuOptions::tuning`; optional
  int64_t bits = 2, budget = 128, candidates = 0, cap = 7, headDim = 128, kvHeads = 1, maxBatch = 1, maxSeqLen = 32768;
  int64_t pageSize = 0, queryHeads = 1, queryTokens = 1, range = 256, recent = 1, sink = 0, thresholdSets = 1;
  double scale = 0;
  bool indices = false, lse = false, offset = false;

  /// The error names the field, what was expected and what came.
  static llvm::Expected<Request> parse(llvm::StringRef json);
};

/// A module in form 1 whose only function is named like the operation, and the names of what it takes and returns. The
/// host has no lowering of adamas.append: there the operation gives the codes of new keys, and the runtime stores them.
struct RequestModule {
  std::string text;
  std::vector<std::string> arguments, results;
};
llvm::Expected<RequestModule> writeModule(const Request &request);

/// Calls `body` with the request that `text` is and its module. An error holds the diagnostics too.
llvm::Error
withModule(llvm::StringRef text,
           llvm::function_ref<llvm::Error(const Request &request, const RequestModule &written, ModuleOp module)> body);

} // namespace mlir::adamas

#endif // ADAMAS_GPUCOMPILER_REQUEST_H
