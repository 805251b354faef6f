// A decode step of random shape: its module, its data, and its results by the reference and by compiled code.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TEST_EXECUTION_DECODECASE_H
#define ADAMAS_TEST_EXECUTION_DECODECASE_H

#include "adamas/Execution/Executable.h"
#include "adamas/Reference/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include <random>
#include <string>
#include <vector>

namespace mlir::adamas::test {

struct DecodeCase {
  enum Metric { L1, Weighted, TwoPass } metric = L1;
  DType dtype = DType::F16;
  int64_t bits = 2, dim = 64, kvHeads = 2, group = 3, queryTokens = 1;
  int64_t batch = 2, tokens = 300, budget = 32, candidates = 96, sink = 0, recent = 1;
  int64_t range = 0, cap = 7; ///< of weigh; range 0 is the default
  bool perKvHead = false, sharedCache = false, special = false;
  bool ties = false, equal = false; ///< three distinct keys, or one
  std::vector<int32_t> lengths;
  HostOptions host;

  /// A line that tells this case from others, for failures.
  std::string describe() const;
  /// `@encode` and `@decode` in form 1.
  std::string module() const;

  /// Draws every field.
  static DecodeCase random(std::mt19937 &random);

  /// Data, and what the reference makes of it.
  struct Data {
    OwningOpRef<ModuleOp> module;
    Tensor query, key, value, seqLens, sets, offset, codes;
    std::vector<Tensor> expected; ///< results of `@decode`
    func::FuncOp function(StringRef name) { return module->lookupSymbol<func::FuncOp>(name); }
    /// Memory for the results of `@decode`, poisoned.
    std::vector<Tensor> poisonedResults() const;
  };
  /// The error is not empty where the reference cannot run.
  std::string prepare(MLIRContext &context, std::mt19937 &random, Data &data) const;
  /// What differs between `results` of `@decode` and the reference; empty if nothing.
  static std::string check(const Data &data, ArrayRef<Tensor> results);

  /// Runs both and returns what differs: codes, weights, distances, indices and lengths exactly, outputs within att-2.
  /// Empty if nothing.
  std::string compare(MLIRContext &context, std::mt19937 &random) const;

private:
  std::string queryType(StringRef element, bool heads = true) const;
  Tensor makeFloats(ArrayRef<int64_t> shape, std::mt19937 &random, double scale) const;
};

/// A context with every dialect that the compiler uses.
void prepareContext(MLIRContext &context);

} // namespace mlir::adamas::test

#endif // ADAMAS_TEST_EXECUTION_DECODECASE_H
