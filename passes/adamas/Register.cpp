// One registration for every tool.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Register.h"
#include "adamas/Conversion/Passes.h"
#include "adamas/IR/AdamasOps.h"
#include "adamas/Pipelines/Pipelines.h"
#include "adamas/Transforms/Passes.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Transforms/Passes.h"

void mlir::adamas::registerDialects(DialectRegistry &registry) {
  registry.insert<AdamasDialect, adamas_gpu::AdamasGPUDialect, arith::ArithDialect, cf::ControlFlowDialect,
                  func::FuncDialect, gpu::GPUDialect, LLVM::LLVMDialect, math::MathDialect, memref::MemRefDialect,
                  NVVM::NVVMDialect, scf::SCFDialect, vector::VectorDialect>();
}

void mlir::adamas::registerPasses() {
  registerAdamasTransformsPasses();
  registerAdamasConversionPasses();
  registerPipelines();
  registerCanonicalizerPass();
  registerCSEPass();
}
