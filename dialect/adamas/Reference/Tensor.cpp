// Host tensors: 16-bit float conversions, checked sizes and element access.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Tensor.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

using namespace mlir::adamas;

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

namespace {
struct DTypeInfo {
  DType dtype;
  llvm::StringLiteral name;
  unsigned size;
};
} // namespace

// In the order of the enum, so that the enum value is the index.
static constexpr DTypeInfo dtypeTable[] = {
    {DType::F64, "F64", 8}, {DType::F32, "F32", 4}, {DType::F16, "F16", 2}, {DType::BF16, "BF16", 2},
    {DType::I64, "I64", 8}, {DType::I32, "I32", 4}, {DType::I16, "I16", 2}, {DType::I8, "I8", 1},
    {DType::U32, "U32", 4}, {DType::U16, "U16", 2}, {DType::U8, "U8", 1},
};

static const DTypeInfo &infoOf(DType dtype) {
  const DTypeInfo &info = dtypeTable[static_cast<unsigned>(dtype)];
  assert(info.dtype == dtype && "the table follows the order of the enum");
  return info;
}

unsigned mlir::adamas::dtypeSize(DType dtype) { return infoOf(dtype).size; }

llvm::StringRef mlir::adamas::dtypeName(DType dtype) { return infoOf(dtype).name; }

std::optional<DType> mlir::adamas::dtypeFromName(llvm::StringRef name) {
  for (const DTypeInfo &info : dtypeTable)
    if (info.name == name)
      return info.dtype;
  return std::nullopt;
}

bool mlir::adamas::isFloat(DType dtype) {
  return dtype == DType::F64 || dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16;
}

//===----------------------------------------------------------------------===//
// 16-bit floats
//===----------------------------------------------------------------------===//

// The bit patterns equal APFloat's, NaN payloads and quieting included (the unit test compares them), at a few
// integer operations an element: tensors of many megabytes pass through here.

float mlir::adamas::halfToFloat(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  uint32_t magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00) {
    uint32_t quiet = magnitude > 0x7c00 ? 0x400000u : 0u;
    return llvm::bit_cast<float>(sign | 0x7f800000u | quiet | (magnitude & 0x3ff) << 13);
  }
  if (magnitude >= 0x0400)
    return llvm::bit_cast<float>(sign | ((magnitude << 13) + (uint32_t(127 - 15) << 23)));
  // Zero and denormals: the f32 magnitude is an integer times 2^-24, which f32 holds exactly as a normal number.
  return llvm::bit_cast<float>(sign | llvm::bit_cast<uint32_t>(float(magnitude) * 0x1p-24f));
}

uint16_t mlir::adamas::floatToHalf(float value) {
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  uint16_t sign = (bits >> 16) & 0x8000;
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return sign | 0x7e00 | ((magnitude >> 13) & 0x3ff);
  // 65520 lies half way between the largest half and the next power of two; the tie goes to infinity.
  if (magnitude >= 0x477ff000)
    return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below the smallest normal half. The sum with 0.5 has a unit in the last place of 2^-24, which is the spacing
    // of half denormals, so the addition itself rounds to nearest even.
    float rounded = llvm::bit_cast<float>(magnitude) + 0.5f;
    return sign | uint16_t(llvm::bit_cast<uint32_t>(rounded) - llvm::bit_cast<uint32_t>(0.5f));
  }
  uint32_t rebased = magnitude - (uint32_t(127 - 15) << 23);
  return sign | uint16_t((rebased + 0xfff + ((rebased >> 13) & 1)) >> 13);
}

float mlir::adamas::bfloatToFloat(uint16_t bits) {
  uint32_t quiet = (bits & 0x7fff) > 0x7f80 ? 0x400000u : 0u;
  return llvm::bit_cast<float>(uint32_t(bits) << 16 | quiet);
}

uint16_t mlir::adamas::floatToBfloat(float value) {
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return uint16_t(bits >> 16) | 0x40;
  return uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/// Rounds to odd: truncates and sets the last bit if that was inexact. A later rounding to at most 22 bits then gives
/// what one rounding of `value` gives, so f64 reaches the 16-bit types without a double rounding.
static float roundToOdd(double value) {
  float nearest = static_cast<float>(value);
  double back = nearest;
  if (back == value || std::isnan(value))
    return nearest;
  uint32_t bits = llvm::bit_cast<uint32_t>(nearest);
  if (std::fabs(back) > std::fabs(value))
    --bits;
  return llvm::bit_cast<float>(bits | 1);
}

//===----------------------------------------------------------------------===//
// Tensor
//===----------------------------------------------------------------------===//

std::string mlir::adamas::describeShape(llvm::ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(shape, os, "x");
  return text;
}

llvm::Expected<int64_t> Tensor::checkedSize(DType dtype, llvm::ArrayRef<int64_t> shape) {
  // Zero counts as one, so that the answer does not depend on where a zero stands and strides cannot overflow either.
  int64_t product = dtypeSize(dtype);
  bool empty = false;
  for (int64_t dim : shape) {
    if (dim < 0)
      return llvm::createStringError("dimension %lld in shape %s is negative, expected 0 or more",
                                     static_cast<long long>(dim), describeShape(shape).c_str());
    empty |= dim == 0;
    if (llvm::MulOverflow(product, std::max<int64_t>(dim, 1), product))
      return llvm::createStringError("shape %s of %s takes more than 2^63 - 1 bytes", describeShape(shape).c_str(),
                                     dtypeName(dtype).data());
  }
  return empty ? 0 : product;
}

Tensor::Tensor(DType dtype, llvm::ArrayRef<int64_t> shape) : type(dtype), dims(shape), count(1) {
  for (int64_t dim : shape) {
    assert(dim >= 0 && "negative dimension");
    count *= dim;
  }
  storage.resize((bytes() + sizeof(Block) - 1) / sizeof(Block));
}

/// Truncates towards zero and saturates; NaN gives zero. A plain cast is undefined outside the range.
static int64_t truncateToInt(double value) {
  if (std::isnan(value))
    return 0;
  if (value >= 0x1p63)
    return std::numeric_limits<int64_t>::max();
  if (value < -0x1p63)
    return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

/// Rounds to nearest even and saturates to the range of `T`; NaN gives zero.
template <typename T> static T roundToInt(double value) {
  int64_t whole = truncateToInt(std::nearbyint(value));
  return static_cast<T>(std::clamp<int64_t>(whole, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

double Tensor::getFloat(int64_t i) const {
  assert(i >= 0 && i < count && "element out of range");
  switch (type) {
  case DType::F64:
    return as<double>()[i];
  case DType::F32:
    return as<float>()[i];
  case DType::F16:
    return halfToFloat(as<uint16_t>()[i]);
  case DType::BF16:
    return bfloatToFloat(as<uint16_t>()[i]);
  default:
    return static_cast<double>(getInt(i));
  }
}

int64_t Tensor::getInt(int64_t i) const {
  assert(i >= 0 && i < count && "element out of range");
  switch (type) {
  case DType::I64:
    return as<int64_t>()[i];
  case DType::I32:
    return as<int32_t>()[i];
  case DType::I16:
    return as<int16_t>()[i];
  case DType::I8:
    return as<int8_t>()[i];
  case DType::U32:
    return as<uint32_t>()[i];
  case DType::U16:
    return as<uint16_t>()[i];
  case DType::U8:
    return as<uint8_t>()[i];
  default:
    return truncateToInt(getFloat(i));
  }
}

void Tensor::setFloat(int64_t i, double value) {
  assert(i >= 0 && i < count && "element out of range");
  switch (type) {
  case DType::F64:
    as<double>()[i] = value;
    return;
  case DType::F32:
    as<float>()[i] = static_cast<float>(value);
    return;
  case DType::F16:
    as<uint16_t>()[i] = floatToHalf(roundToOdd(value));
    return;
  case DType::BF16:
    as<uint16_t>()[i] = floatToBfloat(roundToOdd(value));
    return;
  case DType::I64:
    as<int64_t>()[i] = truncateToInt(std::nearbyint(value));
    return;
  case DType::I32:
    as<int32_t>()[i] = roundToInt<int32_t>(value);
    return;
  case DType::I16:
    as<int16_t>()[i] = roundToInt<int16_t>(value);
    return;
  case DType::I8:
    as<int8_t>()[i] = roundToInt<int8_t>(value);
    return;
  case DType::U32:
    as<uint32_t>()[i] = roundToInt<uint32_t>(value);
    return;
  case DType::U16:
    as<uint16_t>()[i] = roundToInt<uint16_t>(value);
    return;
  case DType::U8:
    as<uint8_t>()[i] = roundToInt<uint8_t>(value);
    return;
  }
  llvm_unreachable("unknown dtype");
}

void Tensor::setInt(int64_t i, int64_t value) {
  assert(i >= 0 && i < count && "element out of range");
  switch (type) {
  case DType::F64:
    as<double>()[i] = static_cast<double>(value);
    return;
  case DType::F32:
    as<float>()[i] = static_cast<float>(value);
    return;
  case DType::F16:
  case DType::BF16: {
    // Beyond 2^53 the conversion to f64 would round before `setFloat` does. Folding the low bits into one sticky bit
    // leaves a number that f64 holds exactly and that lies on the same side of every 16-bit rounding boundary.
    int64_t sticky = value;
    if (value > (int64_t(1) << 53) || value < -(int64_t(1) << 53))
      sticky = (value & ~int64_t(0xfff)) | ((value & 0xfff) ? 0x800 : 0);
    setFloat(i, static_cast<double>(sticky));
    return;
  }
  case DType::I64:
    as<int64_t>()[i] = value;
    return;
  case DType::I32:
  case DType::U32:
    as<uint32_t>()[i] = static_cast<uint32_t>(value);
    return;
  case DType::I16:
  case DType::U16:
    as<uint16_t>()[i] = static_cast<uint16_t>(value);
    return;
  case DType::I8:
  case DType::U8:
    as<uint8_t>()[i] = static_cast<uint8_t>(value);
    return;
  }
  llvm_unreachable("unknown dtype");
}

Tensor Tensor::reshaped(llvm::ArrayRef<int64_t> shape) const {
  Tensor result = *this;
  result.dims.assign(shape.begin(), shape.end());
  int64_t product = 1;
  for (int64_t dim : shape)
    product *= dim;
  assert(product == count && "a reshape keeps the element count");
  (void)product;
  return result;
}

Tensor Tensor::castTo(DType dtype) const {
  if (dtype == type)
    return *this;
  Tensor result(dtype, dims);
  // The 16-bit floats are the bulk of real data, so they go without a switch per element.
  if (type == DType::F16 && dtype == DType::F32) {
    llvm::transform(as<uint16_t>(), result.as<float>().begin(), halfToFloat);
  } else if (type == DType::BF16 && dtype == DType::F32) {
    llvm::transform(as<uint16_t>(), result.as<float>().begin(), bfloatToFloat);
  } else if (type == DType::F32 && dtype == DType::F16) {
    llvm::transform(as<float>(), result.as<uint16_t>().begin(), floatToHalf);
  } else if (type == DType::F32 && dtype == DType::BF16) {
    llvm::transform(as<float>(), result.as<uint16_t>().begin(), floatToBfloat);
  } else if (isFloat(type)) {
    for (int64_t i = 0; i < count; ++i)
      result.setFloat(i, getFloat(i));
  } else {
    for (int64_t i = 0; i < count; ++i)
      result.setInt(i, getInt(i));
  }
  return result;
}

std::string Tensor::describe() const { return "tensor " + describeShape(dims) + " of " + dtypeName(type).str(); }
