// A function ready to run on a target.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_PROGRAM_H
#define ADAMAS_TOOLS_ADAMAS_RUN_PROGRAM_H

#include "adamas-run/Diagnostics.h"
#include "adamas-run/Options.h"
#include "adamas/Reference/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace mlir::adamas {

struct TargetSettings {
  TargetKind kind = TargetKind::X86;
  std::string cpu = "host";
  unsigned threads = 0;
  int64_t ways = 1;
};

/// The dynamic dimensions of a run.
struct RunShape {
  int64_t batch = 1, tokens = 0;
};

struct Execution {
  std::vector<Tensor> results;
  /// The median of all runs.
  double milliseconds = 0;
};

class Program {
public:
  virtual ~Program() = default;

  /// Compiles `function`, which with its module must outlive the program.
  static llvm::Expected<std::unique_ptr<Program>> create(func::FuncOp function, const TargetSettings &settings,
                                                         DiagnosticCapture &diagnostics);

  /// Runs `repeat` times; a tensor whose batch is 1 is shared by all sequences. Codes of keys are in the target's
  /// layout: canonical on the reference, tiled on x86.
  virtual llvm::Expected<Execution> run(llvm::ArrayRef<Tensor *> arguments, RunShape shape, int64_t repeat) = 0;

  /// What it took to make the function callable.
  double compileMilliseconds = 0;
};

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_PROGRAM_H
