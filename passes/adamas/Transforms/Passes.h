// Passes from adamas to adamas.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_PASSES_H
#define ADAMAS_TRANSFORMS_PASSES_H

#include "adamas/IR/AdamasOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::arith {
class ArithDialect;
}

namespace mlir::adamas {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "adamas/Transforms/Passes.h.inc"
} // namespace mlir::adamas

#endif // ADAMAS_TRANSFORMS_PASSES_H
