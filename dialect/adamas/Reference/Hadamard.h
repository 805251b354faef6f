// The Hadamard transform of the reference: the one definition of had-2 on the host.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_REFERENCE_HADAMARD_H
#define ADAMAS_REFERENCE_HADAMARD_H

#include "adamas/Reference/Tensor.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>

namespace mlir::adamas {

/// had-1: true for the powers of two from 2 to 1024.
bool isHadamardSize(int64_t size);

/// had-1: an error that names `size` and the accepted sizes.
llvm::Error checkHadamardSize(int64_t size);

/// had-2: replaces `row` by `row * H_D / sqrt(D)`, bit-exact: f32 butterflies with strides 1, 2, 4, ..., D/2, then one
/// product with the f32 value nearest 1/sqrt(D). The length of `row` must be a Hadamard size.
void hadamardInPlace(llvm::MutableArrayRef<float> row);

/// The transform of the last dimension of a float tensor of any dtype: F32, same shape. F64 is rounded to f32 first.
llvm::Expected<Tensor> hadamardRows(const Tensor &tensor);

} // namespace mlir::adamas

#endif // ADAMAS_REFERENCE_HADAMARD_H
