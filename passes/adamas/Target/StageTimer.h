// Times the stages of a compilation.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TARGET_STAGETIMER_H
#define ADAMAS_TARGET_STAGETIMER_H

#include <chrono>

namespace mlir::adamas {

/// Adds the time of a scope to a stage.
class StageTimer {
public:
  explicit StageTimer(double &milliseconds) : milliseconds(milliseconds), start(std::chrono::steady_clock::now()) {}
  ~StageTimer() {
    milliseconds += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }

private:
  double &milliseconds;
  std::chrono::steady_clock::time_point start;
};

} // namespace mlir::adamas

#endif // ADAMAS_TARGET_STAGETIMER_H
