// Which launches a step takes, and how many parts its tokens.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_LAUNCHCHOICE_H
#define ADAMAS_TRANSFORMS_LAUNCHCHOICE_H

#include "adamas/Target/CostModel.h"
#include "adamas/Target/TuningTable.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::adamas {

/// What `function`, whose top-k and attention are opened, does for `batch` sequences of `tokens`.
StepShape describeStep(func::FuncOp function, int64_t batch, int64_t tokens);

/// What a tuning table knows it by: one selection, of one pass or refined, and its attention; or dense attention alone.
std::optional<TuningKey> describeKey(func::FuncOp function, int64_t batch, int64_t tokens);

/// What the tuning table at `path` (see `TuningTable::load`) has for `function`, whose kernels may be formed.
struct Tuned {
  std::optional<TuningEntry> entry;
  int64_t crossover = 0;
};
llvm::Expected<Tuned> findTuned(func::FuncOp function, StringRef path, const GpuTarget &target, int64_t batch,
                                int64_t tokens);

/// What is known before the choice.
struct LaunchRequest {
  StringRef chip;
  int64_t batch = 1, tokens = 32768;
  Fusion fusion = Fusion::Choose; ///< choose: open
  int64_t ways = 0;               ///< 0: open
  StringRef table;                ///< see `TuningTable::load`
};

struct LaunchChoice {
  Fusion fusion = Fusion::Stages;
  int64_t ways = 1;
  bool inClusters = false; ///< whether parts are CTAs of clusters
  std::string reason;      ///< for remarks
  /// Tokens of a sequence from which on it is faster than dense attention, measured or else by estimate; 0: not known.
  int64_t crossover = 0;
  bool measuredCrossover = false;

  /// What is given stays; then a tuning table's choice counts, then the estimate. What one call chose and a second is
  /// given leads the second to the rest of the first: the pass that divides tokens and the one that places values agree
  /// without talking. The error names the option.
  static llvm::Expected<LaunchChoice> make(func::FuncOp function, const LaunchRequest &request);
};

} // namespace mlir::adamas

#endif // ADAMAS_TRANSFORMS_LAUNCHCHOICE_H
