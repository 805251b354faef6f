// One registration for every tool.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Register.h"
#include "adamas/IR/AdamasOps.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

void mlir::adamas::registerDialects(DialectRegistry &registry) {
  registry.insert<AdamasDialect, arith::ArithDialect, func::FuncDialect>();
}

void mlir::adamas::registerPasses() {
  registerAdamasTransformsPasses();
  registerCanonicalizerPass();
  registerCSEPass();
}
