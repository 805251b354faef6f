// Checks of a caller's tensors against what a bundle says of them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_TENSOR_H
#define ADAMAS_RUNTIME_LIB_TENSOR_H

#include "Bundle.h"
#include "Driver.h"

namespace adamas::impl {

/// Rank, static sizes, no negative size.
void checkSizes(const Value &value, const adamas_tensor &tensor);

/// checkSizes, and: pointer, strides, alignment, addresses.
void checkTensor(const Value &value, const adamas_tensor &tensor);

/// Bytes from the first to behind the last element; 0 for a tensor without elements. The tensor was checked.
size_t extentBytes(const Value &value, const adamas_tensor &tensor);

/// Asks the driver whether these bytes are memory that the current device reaches, in one allocation. VALIDATION.
void checkMemory(const Driver &driver, const char *name, uintptr_t address, size_t bytes);

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_TENSOR_H
