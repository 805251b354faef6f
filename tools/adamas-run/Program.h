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
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir::adamas {

class Gpu;

/// The dynamic dimensions of a run.
struct RunShape {
  int64_t batch = 1, tokens = 0;
};

struct TargetSettings {
  TargetKind kind = TargetKind::X86;
  std::string cpu = "host";
  unsigned threads = 0;
  std::optional<int64_t> ways;
  Gpu *gpu = nullptr;     ///< not null on CUDA
  int64_t pageSize = 0;   ///< tokens of a page of the caches, 0: contiguous; CUDA
  RunShape expected = {}; ///< what to compile for, where the module is open; CUDA
  std::string label = {}; ///< in a trace
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
  /// layout: tiled on x86, canonical elsewhere.
  virtual llvm::Expected<Execution> run(llvm::ArrayRef<Tensor *> arguments, RunShape shape, int64_t repeat) = 0;

  /// What it took to make the function callable.
  double compileMilliseconds = 0;
};

/// Milliseconds since it was made.
class Stopwatch {
public:
  double elapsed() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  }

private:
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
};

/// Tensors for the results of `function`; codes of keys tiled (spec pak-2) or canonical (pak-1).
llvm::Expected<std::vector<Tensor>> allocateResults(func::FuncOp function, RunShape shape, bool tiledCodes);

/// `Program::create` for a GPU.
llvm::Expected<std::unique_ptr<Program>> createCudaProgram(func::FuncOp function, const TargetSettings &settings,
                                                           DiagnosticCapture &diagnostics);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_PROGRAM_H
