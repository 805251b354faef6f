// Passes from adamas to adamas.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_PASSES_H
#define ADAMAS_TRANSFORMS_PASSES_H

#include "adamas/IR/AdamasOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include <limits>

namespace mlir::arith {
class ArithDialect;
}

namespace mlir::adamas {
/// The value of a numeric option that was not given: 0 and negative numbers are given, and refused.
constexpr int64_t keepOption = std::numeric_limits<int64_t>::min();

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "adamas/Transforms/Passes.h.inc"
} // namespace mlir::adamas

#endif // ADAMAS_TRANSFORMS_PASSES_H
