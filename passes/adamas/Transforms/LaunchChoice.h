// Which launches a step takes, and how many parts its tokens.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_LAUNCHCHOICE_H
#define ADAMAS_TRANSFORMS_LAUNCHCHOICE_H

#include "adamas/Target/CostModel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::adamas {

/// What `function`, whose top-k and attention are opened, does for `batch` sequences of `tokens`.
StepShape describeStep(func::FuncOp function, int64_t batch, int64_t tokens);

/// What is known before the choice.
struct LaunchRequest {
  StringRef chip;
  int64_t batch = 1, tokens = 32768;
  Fusion fusion = Fusion::Choose; ///< choose: open
  int64_t ways = 0;               ///< 0: open
};

struct LaunchChoice {
  Fusion fusion = Fusion::Stages;
  int64_t ways = 1;
  std::string reason; ///< for remarks

  /// The same module, request and answers that were given give the same choice, whether tokens are divided yet or not:
  /// the pass that divides them and the one that places values agree without talking. The error is about the chip.
  static llvm::Expected<LaunchChoice> make(func::FuncOp function, const LaunchRequest &request);
};

} // namespace mlir::adamas

#endif // ADAMAS_TRANSFORMS_LAUNCHCHOICE_H
