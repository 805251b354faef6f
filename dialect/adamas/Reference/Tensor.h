// Host tensors: what the reference evaluator computes on and the tools read and write.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_REFERENCE_TENSOR_H
#define ADAMAS_REFERENCE_TENSOR_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlir::adamas {

/// Element types that adamas reads, computes and writes. Codes are held in canonical form (spec pak-1) as `u32` with
/// two trailing dimensions, bits and D / 32.
enum class DType { F64, F32, F16, BF16, I64, I32, I16, I8, U32, U16, U8 };

/// Size of one element in bytes.
unsigned dtypeSize(DType dtype);
/// The safetensors spelling: "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U32", "U16", "U8".
llvm::StringRef dtypeName(DType dtype);
/// The inverse of `dtypeName`; none for any other text.
std::optional<DType> dtypeFromName(llvm::StringRef name);
/// True for F64, F32, F16 and BF16.
bool isFloat(DType dtype);

/// "4x9x64", or "scalar" for rank 0, for diagnostics.
std::string describeShape(llvm::ArrayRef<int64_t> shape);

/// Conversions between 16-bit floats and f32: exact upwards, round to nearest even downwards. A NaN stays a NaN; it
/// becomes quiet and keeps the payload bits that fit.
float halfToFloat(uint16_t bits);
uint16_t floatToHalf(float value);
float bfloatToFloat(uint16_t bits);
uint16_t floatToBfloat(float value);

/// A dense row-major tensor that owns its bytes, aligned for vector loads.
class Tensor {
public:
  Tensor() = default;
  /// A tensor of zeros. The element count must not overflow (see `checkedSize`).
  Tensor(DType dtype, llvm::ArrayRef<int64_t> shape);

  /// Bytes that a tensor of this shape takes; an error if a dimension is negative or the product overflows int64_t.
  static llvm::Expected<int64_t> checkedSize(DType dtype, llvm::ArrayRef<int64_t> shape);

  DType dtype() const { return type; }
  llvm::ArrayRef<int64_t> shape() const { return dims; }
  int64_t rank() const { return static_cast<int64_t>(dims.size()); }
  /// Length of dimension `i`; negative `i` counts from the end.
  int64_t dim(int64_t i) const { return dims[i < 0 ? dims.size() + i : i]; }
  int64_t size() const { return count; }
  int64_t bytes() const { return count * dtypeSize(type); }

  char *raw() { return reinterpret_cast<char *>(storage.data()); }
  const char *raw() const { return reinterpret_cast<const char *>(storage.data()); }
  /// The elements as `T`, whose size must be the element size.
  template <typename T> llvm::MutableArrayRef<T> as() { return {reinterpret_cast<T *>(raw()), size_t(count)}; }
  template <typename T> llvm::ArrayRef<T> as() const { return {reinterpret_cast<const T *>(raw()), size_t(count)}; }

  /// Element `i` (row-major) as f64, exact for every dtype but I64 beyond 2^53.
  double getFloat(int64_t i) const;
  /// Element `i` as an integer: exact for integer dtypes; a float is truncated, saturates, and NaN gives 0.
  int64_t getInt(int64_t i) const;
  /// Stores with one rounding to the dtype (round to nearest even). An integer dtype saturates, and NaN gives 0.
  void setFloat(int64_t i, double value);
  /// Stores an integer: an integer dtype wraps, a float dtype rounds once.
  void setInt(int64_t i, int64_t value);

  /// The same elements under another shape of the same size.
  Tensor reshaped(llvm::ArrayRef<int64_t> shape) const;

  /// The same shape with every element converted as `setFloat(getFloat())` does (integers to integers as `setInt`).
  Tensor castTo(DType dtype) const;

  /// "tensor 4x9x64 of F16", for diagnostics.
  std::string describe() const;

private:
  // 64-byte blocks keep the data aligned for the widest vector loads.
  struct alignas(64) Block {
    unsigned char bytes[64];
  };
  DType type = DType::F32;
  llvm::SmallVector<int64_t, 5> dims;
  int64_t count = 0;
  std::vector<Block> storage;
};

} // namespace mlir::adamas

#endif // ADAMAS_REFERENCE_TENSOR_H
