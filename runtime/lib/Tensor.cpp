// Checks of tensors. None of them allocates unless it fails.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Tensor.h"
#include <algorithm>

using namespace adamas::impl;

static long long number(int64_t value) { return value; }

void adamas::impl::checkSizes(const Value &value, const adamas_tensor &tensor) {
  if (tensor.rank != value.rank)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected rank %d, but got %d", value.name.c_str(), value.rank,
         tensor.rank);
  for (int axis = 0; axis < value.rank; ++axis) {
    int64_t size = tensor.sizes[axis];
    if (value.sizes[axis] >= 0 && size != value.sizes[axis])
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected size %lld on axis %d, but got %lld", value.name.c_str(),
           number(value.sizes[axis]), axis, number(size));
    if (size < 0)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected a size of at least 0 on axis %d, but got %lld",
           value.name.c_str(), axis, number(size));
  }
}

static bool hasElements(const Value &value, const adamas_tensor &tensor) {
  for (int axis = 0; axis < value.rank; ++axis)
    if (tensor.sizes[axis] == 0)
      return false;
  return true;
}

/// The innermost axes that kernels step through without asking for a stride.
static void checkDense(const Value &value, const adamas_tensor &tensor) {
  int64_t expected = 1;
  for (int axis = value.rank - 1; axis >= value.rank - value.denseAxes; --axis) {
    // The stride of an axis of one element is never used.
    if (tensor.sizes[axis] != 1 && tensor.strides[axis] != expected)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected stride %lld on axis %d (dense), but got %lld: copy the tensor",
           value.name.c_str(), number(expected), axis, number(tensor.strides[axis]));
    if (__builtin_mul_overflow(expected, tensor.sizes[axis], &expected))
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected below 2^63 elements, but these sizes have more",
           value.name.c_str());
  }
}

/// The other axes: addresses must stay aligned, and results must not be written twice.
static void checkOuter(const Value &value, const adamas_tensor &tensor) {
  int64_t bytes = elementBytes(value.element);
  uint64_t row = static_cast<uint64_t>(bytes);
  for (int axis = value.rank - value.denseAxes; axis < value.rank; ++axis)
    row *= static_cast<uint64_t>(
        tensor.sizes[axis]); // checkDense saw that it fits, but for the bytes: only its low bits count.
  // No access is wider than a dense row, so rows of 8 bytes need not lie 16 apart.
  uint64_t lowBit = row & -row;
  int64_t alignment =
      lowBit && lowBit < 4096 ? std::min(value.alignment, static_cast<int64_t>(lowBit)) : value.alignment;
  for (int axis = 0; axis < value.rank - value.denseAxes; ++axis) {
    int64_t stride = tensor.strides[axis];
    if (tensor.sizes[axis] == 1)
      continue;
    if (stride < 0 || (stride == 0 && value.role == Role::Result))
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected a stride of at least %d on axis %d, but got %lld",
           value.name.c_str(), value.role == Role::Result ? 1 : 0, axis, number(stride));
    // Remainders, since the product may not fit.
    if (stride % alignment * bytes % alignment)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT,
           "%s: expected strides of a multiple of %lld bytes, but axis %d has %lld elements", value.name.c_str(),
           number(value.alignment), axis, number(stride));
  }
}

size_t adamas::impl::extentBytes(const Value &value, const adamas_tensor &tensor) {
  if (!hasElements(value, tensor))
    return 0;
  int64_t last = 0;
  bool overflow = false;
  for (int axis = 0; axis < value.rank; ++axis) {
    int64_t step = 0;
    if (tensor.sizes[axis] > 1)
      overflow |= __builtin_mul_overflow(tensor.sizes[axis] - 1, tensor.strides[axis], &step);
    overflow |= __builtin_add_overflow(last, step, &last);
  }
  int64_t bytes;
  overflow |= __builtin_add_overflow(last, int64_t(1), &last);
  overflow |= __builtin_mul_overflow(last, elementBytes(value.element), &bytes);
  int64_t address = static_cast<int64_t>(reinterpret_cast<uintptr_t>(tensor.data));
  if (overflow || bytes > INT64_MAX - address)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected addresses below 2^63, but these sizes and strides go beyond",
         value.name.c_str());
  return static_cast<size_t>(bytes);
}

void adamas::impl::checkTensor(const Value &value, const adamas_tensor &tensor) {
  checkSizes(value, tensor);
  if (!hasElements(value, tensor))
    return;
  if (!tensor.data)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected a device pointer, but got null", value.name.c_str());
  uintptr_t address = reinterpret_cast<uintptr_t>(tensor.data);
  if (address > static_cast<uintptr_t>(INT64_MAX))
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected an address below 2^63, but got %p", value.name.c_str(),
         tensor.data);
  if (address % value.alignment)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "%s: expected an address that is a multiple of %lld, but got %p",
         value.name.c_str(), number(value.alignment), tensor.data);
  checkDense(value, tensor);
  checkOuter(value, tensor);
  extentBytes(value, tensor);
}

void adamas::impl::checkMemory(const Driver &driver, const char *name, uintptr_t address, size_t bytes) {
  unsigned type = 0;
  cuda::Address begin = 0;
  size_t size = 0;
  cuda::Result result = driver.pointerGetAttribute(&type, cuda::pointerMemoryType, address);
  if (result != cuda::success)
    fail(ADAMAS_ERROR_VALIDATION, "%s: expected device memory, but the driver does not know %p: %s", name,
         reinterpret_cast<void *>(address), driver.describe(result).c_str());
  // The range is unknown for some kinds of memory, which are then taken on trust.
  if (driver.pointerGetAttribute(&begin, cuda::pointerRangeStart, address) != cuda::success ||
      driver.pointerGetAttribute(&size, cuda::pointerRangeSize, address) != cuda::success)
    return;
  if (address < begin || address - begin > size || bytes > size - (address - begin))
    fail(ADAMAS_ERROR_VALIDATION, "%s: expected %zu bytes behind %p, but its allocation has %zu there", name, bytes,
         reinterpret_cast<void *>(address), static_cast<size_t>(size - (address - begin)));
}
