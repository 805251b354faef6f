// A progress bar for long runs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_SUPPORT_PROGRESS_H
#define ADAMAS_TOOLS_SUPPORT_PROGRESS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <cstdint>
#include <string>

namespace mlir::adamas {

/// "sweep  [#######.............]  35 %  eta 1 min 20 s" after `seconds` of work.
std::string formatProgress(llvm::StringRef label, uint64_t done, uint64_t total, double seconds);

/// Draws one line on standard error and redraws it in place. Not for use from several threads at once.
class Progress {
public:
  /// Auto draws on a terminal only, and only once a second has passed, so that short runs and logs stay clean.
  enum class Mode { Auto, Always, Never };

  Progress(llvm::StringRef label, uint64_t total, Mode mode = Mode::Auto);
  /// The same on another stream, which counts as no terminal.
  Progress(llvm::StringRef label, uint64_t total, Mode mode, llvm::raw_ostream &os);
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;
  ~Progress() { finish(); }

  /// Counts `steps` as done and redraws at most ten times a second.
  void advance(uint64_t steps = 1);
  /// Removes the bar. Call it before other output follows; the destructor does it too.
  void finish();

private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);

  std::string label;
  uint64_t done = 0;
  uint64_t total;
  bool enabled;
  llvm::raw_ostream &os;
  Clock::time_point begin = Clock::now();
  Clock::time_point nextDraw;
  size_t drawnWidth = 0;
};

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_SUPPORT_PROGRESS_H
