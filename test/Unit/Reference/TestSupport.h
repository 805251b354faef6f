// What the tests of the reference share: tensors from literals, results and errors, modules from text.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TEST_REFERENCE_TESTSUPPORT_H
#define ADAMAS_TEST_REFERENCE_TESTSUPPORT_H

#include "adamas/Reference/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"
#include "gtest/gtest.h"
#include <random>
#include <string>
#include <vector>

namespace mlir::adamas::test {

inline Tensor floats(DType dtype, llvm::ArrayRef<int64_t> shape, const std::vector<double> &values) {
  Tensor tensor(dtype, shape);
  EXPECT_EQ(tensor.size(), int64_t(values.size()));
  for (size_t i = 0; i < values.size(); ++i)
    tensor.setFloat(i, values[i]);
  return tensor;
}

inline Tensor ints(DType dtype, llvm::ArrayRef<int64_t> shape, const std::vector<int64_t> &values) {
  Tensor tensor(dtype, shape);
  EXPECT_EQ(tensor.size(), int64_t(values.size()));
  for (size_t i = 0; i < values.size(); ++i)
    tensor.setInt(i, values[i]);
  return tensor;
}

inline Tensor ints(llvm::ArrayRef<int64_t> shape, const std::vector<int64_t> &values) {
  return ints(DType::I32, shape, values);
}

inline std::vector<int64_t> elements(const Tensor &tensor) {
  std::vector<int64_t> result;
  for (int64_t i = 0; i < tensor.size(); ++i)
    result.push_back(tensor.getInt(i));
  return result;
}

/// Codes `[.., D]`, one integer each, as canonical planes `[.., bits, D / 32]` (pak-1), written without the rule under
/// test.
inline Tensor packed(llvm::ArrayRef<int64_t> leading, int64_t dim, int64_t bits, const std::vector<int64_t> &codes) {
  llvm::SmallVector<int64_t> shape(leading);
  shape.append({bits, dim / 32});
  Tensor tensor(DType::U32, shape);
  EXPECT_EQ(tensor.size() * 32, int64_t(codes.size()) * bits);
  for (size_t n = 0; n < codes.size(); ++n) {
    int64_t vector = n / dim, j = n % dim;
    for (int64_t p = 0; p < bits; ++p)
      tensor.as<uint32_t>()[(vector * bits + p) * (dim / 32) + j / 32] |= uint32_t(codes[n] >> p & 1) << (j % 32);
  }
  return tensor;
}

/// The value, or a test failure and an empty value.
template <typename T> T ok(llvm::Expected<T> expected) {
  if (expected)
    return std::move(*expected);
  ADD_FAILURE() << llvm::toString(expected.takeError());
  return T();
}

template <typename T> std::string errorOf(llvm::Expected<T> expected) {
  return expected ? "" : llvm::toString(expected.takeError());
}

inline Tensor randomFloats(DType dtype, llvm::ArrayRef<int64_t> shape, std::mt19937 &random, double scale = 1) {
  std::normal_distribution<double> normal(0, scale);
  Tensor tensor(dtype, shape);
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.setFloat(i, normal(random));
  return tensor;
}

/// A module from text, with the project's dialects.
class Module {
public:
  explicit Module(const std::string &text);

  /// Evaluates the only function. A failure is a test failure and gives nothing.
  std::vector<Tensor> evaluate(llvm::ArrayRef<Tensor> arguments);
  /// The diagnostic that the evaluation ends with; empty if it succeeds.
  std::string errorOf(llvm::ArrayRef<Tensor> arguments);
  /// Runs passes in pipeline syntax, such as "adamas-open-topk,adamas-split-tokens{ways=3}", on the module.
  void run(const std::string &pipeline);
  /// How many ops of this name it has.
  int64_t count(llvm::StringRef name);

private:
  FailureOr<SmallVector<Tensor>> tryEvaluate(llvm::ArrayRef<Tensor> arguments, std::string &diagnostics);

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

} // namespace mlir::adamas::test

#endif // ADAMAS_TEST_REFERENCE_TESTSUPPORT_H
