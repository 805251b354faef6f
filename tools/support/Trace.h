// What happened when, as Chrome and Perfetto read it (https://ui.perfetto.dev, chrome://tracing).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_SUPPORT_TRACE_H
#define ADAMAS_TOOLS_SUPPORT_TRACE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include <chrono>
#include <string>
#include <vector>

namespace mlir::adamas {

/// Spans on named tracks. Times are microseconds since the trace was made. Not for use from several threads at once.
class Trace {
public:
  /// Adds a track below those that are there and returns its number.
  int64_t addTrack(llvm::StringRef name);

  /// Spans of a track may contain each other, but not overlap otherwise.
  void addSpan(int64_t track, llvm::StringRef name, double begin, double duration, llvm::json::Object details = {});

  double now() const {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  }

  /// The trace event format, an object with "traceEvents".
  llvm::json::Value toJson() const;
  llvm::Error write(llvm::StringRef path) const;

private:
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::vector<std::string> tracks;
  std::vector<llvm::json::Value> spans;
};

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_SUPPORT_TRACE_H
