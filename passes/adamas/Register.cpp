// One registration for every tool.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Register.h"
#include "adamas/Conversion/Passes.h"
#include "adamas/IR/AdamasOps.h"
#include "adamas/Pipelines/Pipelines.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Transforms/Passes.h"

void mlir::adamas::registerDialects(DialectRegistry &registry) {
  registry.insert<AdamasDialect, arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect, LLVM::LLVMDialect,
                  math::MathDialect, memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect>();
}

void mlir::adamas::registerPasses() {
  registerAdamasTransformsPasses();
  registerAdamasConversionPasses();
  registerPipelines();
  registerCanonicalizerPass();
  registerCSEPass();
}
