// A decode step of one shape: its modules, its data, its calls.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_BENCHMARKS_DECODE_SHAPE_H
#define ADAMAS_BENCHMARKS_DECODE_SHAPE_H

#include "adamas/Execution/Executable.h"
#include "mlir/IR/MLIRContext.h"
#include <string>

namespace mlir::adamas::bench {

struct Shape {
  int64_t batch = 1, queryHeads = 32, kvHeads = 32, dim = 128, tokens = 32768, budget = 128;
  DType dtype = DType::F16;
};

/// What is run: the shipped modules' steps, dense attention, and the scans alone (a budget of 1, which the current
/// token fills).
enum class Step { L1, Weighted, TwoPass, Dense, ScanL1, ScanWeighted, ScanOnePlane };

StringRef stepName(Step step);
int64_t stepBits(Step step);
/// The module of `step` in form 1.
std::string stepModule(Step step, const Shape &shape);
/// Bytes of codes that the scan of `step` reads.
int64_t scanBytes(Step step, const Shape &shape);

/// Keys, values and codes of one shape, shared by its steps.
class Data {
public:
  Data(const Shape &shape, bool attention);
  /// Codes of `bits` bits.
  Tensor &codes(int64_t bits);

  Shape shape;
  Tensor query, key, value, seqLens, thresholds;

private:
  Tensor codesOf[5];
};

/// A compiled step that can be run again and again.
class Runner {
public:
  static llvm::Expected<Runner> make(MLIRContext &context, Step step, Data &data, const HostOptions &options);
  llvm::Error run();
  const CompileTimes &times() const { return executable->times(); }

private:
  std::unique_ptr<Executable> executable;
  std::vector<BufferView> arguments;
  std::vector<Tensor> results;
};

} // namespace mlir::adamas::bench

#endif // ADAMAS_BENCHMARKS_DECODE_SHAPE_H
