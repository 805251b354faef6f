// Whether a result agrees with the reference: integers exactly, attention within att-2.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_REFERENCE_COMPARE_H
#define ADAMAS_REFERENCE_COMPARE_H

#include "adamas/Reference/Attention.h"
#include "adamas/Reference/Tensor.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace mlir::adamas {

/// att-2: empty if `output` `[B, (Nq,) Hq, D]`, of the element type of `expected`, and `lse` `[B, (Nq,) Hq]` (may be
/// null) agree with `expected` (of one part), else a message that names the first head that does not, what was expected
/// and what came.
std::string compareAttention(const ExactAttention &expected, const Tensor &output, const Tensor *lse = nullptr);

/// Empty if two integer tensors are equal in type, shape and elements, else a message with the first difference.
std::string compareExact(llvm::StringRef name, const Tensor &expected, const Tensor &got);

} // namespace mlir::adamas

#endif // ADAMAS_REFERENCE_COMPARE_H
