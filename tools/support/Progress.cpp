// A progress bar for long runs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Progress.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Process.h"
#include <algorithm>
#include <cmath>

using namespace mlir::adamas;

static std::string formatSeconds(double seconds) {
  // A first step that took no time, or a clock that stood still, must not print a number of 300 digits.
  uint64_t whole = static_cast<uint64_t>(std::ceil(std::clamp(seconds, 0.0, 1e9)));
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (whole < 60)
    stream << whole << " s";
  else if (whole < 3600)
    stream << whole / 60 << " min " << whole % 60 << " s";
  else
    stream << whole / 3600 << " h " << whole % 3600 / 60 << " min";
  return text;
}

std::string mlir::adamas::formatProgress(llvm::StringRef label, uint64_t done, uint64_t total, double seconds) {
  constexpr uint64_t barWidth = 20;
  done = std::min(done, total);
  double share = total == 0 ? 1.0 : double(done) / double(total);
  uint64_t filled = static_cast<uint64_t>(share * barWidth);
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << label << "  [" << std::string(filled, '#') << std::string(barWidth - filled, '.') << "]  "
         << llvm::format("%3d %%", static_cast<int>(share * 100));
  if (done > 0 && done < total)
    stream << "  eta " << formatSeconds(seconds / double(done) * double(total - done));
  return text;
}

Progress::Progress(llvm::StringRef label, uint64_t total, Mode mode)
    : label(label.str()), total(total),
      enabled(mode == Mode::Always || (mode == Mode::Auto && llvm::sys::Process::StandardErrIsDisplayed())),
      os(llvm::errs()), nextDraw(mode == Mode::Always ? begin : begin + std::chrono::seconds(1)) {}

Progress::Progress(llvm::StringRef label, uint64_t total, Mode mode, llvm::raw_ostream &os)
    : label(label.str()), total(total), enabled(mode == Mode::Always), os(os), nextDraw(begin) {}

void Progress::advance(uint64_t steps) {
  done += steps;
  if (!enabled)
    return;
  Clock::time_point now = Clock::now();
  if (now < nextDraw)
    return;
  draw(now);
  nextDraw = now + std::chrono::milliseconds(100);
}

void Progress::draw(Clock::time_point now) {
  std::string line = formatProgress(label, done, total, std::chrono::duration<double>(now - begin).count());
  size_t width = line.size();
  // A shorter line must cover what the longer one before it left.
  if (width < drawnWidth)
    line.append(drawnWidth - width, ' ');
  os << '\r' << line;
  os.flush();
  drawnWidth = width;
}

void Progress::finish() {
  if (drawnWidth == 0)
    return;
  os << '\r' << std::string(drawnWidth, ' ') << '\r';
  os.flush();
  drawnWidth = 0;
}
