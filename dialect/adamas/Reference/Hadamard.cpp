// The Hadamard transform of the reference.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Hadamard.h"

#include "llvm/Support/MathExtras.h"
#include <cassert>
#include <cmath>

using namespace mlir::adamas;

bool mlir::adamas::isHadamardSize(int64_t size) {
  return size >= 2 && size <= 1024 && llvm::isPowerOf2_64(static_cast<uint64_t>(size));
}

llvm::Error mlir::adamas::checkHadamardSize(int64_t size) {
  if (isHadamardSize(size))
    return llvm::Error::success();
  return llvm::createStringError(
      "head dimension %lld has no hadamard transform, expected a power of two from 2 to 1024",
      static_cast<long long>(size));
}

// Every value is the result of one f32 operation that is stored before its next use, and no product feeds a sum, so
// there is nothing that a compiler could contract or reassociate (short of -ffast-math, which the project never sets).
void mlir::adamas::hadamardInPlace(llvm::MutableArrayRef<float> row) {
  size_t size = row.size();
  assert(isHadamardSize(static_cast<int64_t>(size)) && "had-1");
  for (size_t stride = 1; stride < size; stride *= 2)
    for (size_t block = 0; block < size; block += 2 * stride)
      for (size_t i = block; i < block + stride; ++i) {
        float a = row[i];
        float b = row[i + stride];
        row[i] = a + b;
        row[i + stride] = a - b;
      }
  float scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(size)));
  for (float &value : row)
    value *= scale;
}

llvm::Expected<Tensor> mlir::adamas::hadamardRows(const Tensor &tensor) {
  if (!isFloat(tensor.dtype()) || tensor.rank() == 0)
    return llvm::createStringError("the hadamard transform takes rows of F16, BF16, F32 or F64, got a %s",
                                   tensor.describe().c_str());
  int64_t rowSize = tensor.dim(-1);
  if (llvm::Error error = checkHadamardSize(rowSize))
    return std::move(error);
  Tensor result = tensor.castTo(DType::F32);
  llvm::MutableArrayRef<float> values = result.as<float>();
  for (int64_t row = 0; row < result.size(); row += rowSize)
    hadamardInPlace(values.slice(row, rowSize));
  return result;
}
