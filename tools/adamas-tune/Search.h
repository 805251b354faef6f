// The fastest choices of a step, found by trying.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_TUNE_SEARCH_H
#define ADAMAS_TOOLS_TUNE_SEARCH_H

#include "adamas/Target/TuningTable.h"
#include "device/TimedStep.h"
#include "support/Progress.h"
#include "llvm/Support/ThreadPool.h"

namespace mlir::adamas {

struct Trial {
  TuningChoices choices;
  double microseconds = 0; ///< 0: it does not compile, or does not run
  std::string error;
};

class Search {
public:
  Search(const Bench &bench, llvm::ThreadPoolInterface &pool, double margin, StepDescription step)
      : bench(bench), pool(pool), margin(margin), step(step), timed(bench, step) {}

  /// Tries launches and parts first, then how scans measure, then how often. What wins by less than the margin loses to
  /// the estimate's choice.
  llvm::Error run();

  /// The estimate's choice, whose time is that of the last comparison, as the winner's is.
  Trial estimated, best;
  std::vector<Trial> tried;

private:
  /// Compiles all side by side, then times them one by one; the fastest may become the best.
  llvm::Error round(llvm::StringRef label, std::vector<TuningChoices> alternatives);
  llvm::Expected<double> time(const TuningChoices &choices, int64_t times);
  std::vector<TuningChoices> launches() const;
  std::vector<TuningChoices> schedules() const;
  std::vector<TuningChoices> iterations() const;

  Bench bench;
  llvm::ThreadPoolInterface &pool;
  double margin;
  StepDescription step;
  TimedStep timed;
};

/// Tokens of a sequence from which on `step`, compiled for its tokens with `choices`, is faster than dense attention
/// compiled for as many; one more than its tokens if it never is, and the shortest length tried if it always is.
llvm::Expected<int64_t> findCrossover(const Bench &bench, const StepDescription &step, const TuningChoices &choices);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_TUNE_SEARCH_H
