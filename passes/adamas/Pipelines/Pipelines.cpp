// The pipelines, pass by pass.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Pipelines/Pipelines.h"
#include "adamas/Conversion/Passes.h"
#include "adamas/Target/GpuTarget.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::adamas;

static void buildOpenPipeline(OpPassManager &pm, const AdamasSplitTokensOptions &split) {
  pm.addPass(createAdamasOpenTopK()); // first: attention takes the lists that it makes
  pm.addPass(createAdamasOpenAttention());
  pm.addPass(createAdamasSplitTokens(split));
  pm.addPass(createCSEPass()); // selections of the same distances share a histogram
  pm.addPass(createAdamasVerifyStagedForm());
}

void mlir::adamas::buildOpenPipeline(OpPassManager &pm, const OpenPipelineOptions &options) {
  AdamasSplitTokensOptions split;
  split.ways = options.ways;
  split.candidates = options.candidates;
  ::buildOpenPipeline(pm, split);
}

void mlir::adamas::buildKernelsPipeline(OpPassManager &pm, const X86PipelineOptions &options) {
  OpenPipelineOptions open;
  open.ways = options.ways;
  buildOpenPipeline(pm, open);
  pm.addNestedPass<func::FuncOp>(createAdamasAssignPlacements());
  AdamasFormKernelsOptions kernels;
  kernels.lanes = options.lanes;
  kernels.popcount = options.popcount;
  pm.addNestedPass<func::FuncOp>(createAdamasFormKernels(kernels));
}

void mlir::adamas::buildToX86Pipeline(OpPassManager &pm, const X86PipelineOptions &options) {
  buildKernelsPipeline(pm, options);
  pm.addPass(createConvertAdamasToVector());
  pm.addPass(createCanonicalizerPass());         // folds the arithmetic of coordinates before addresses multiply it
  pm.addPass(createCSEPass());                   // and the loads and constants that rows share
  pm.addPass(createConvertAdamasLaunchToLLVM()); // while kernels are functions that it can call
  pm.addPass(createSCFToControlFlowPass());
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = true; // no run-time library is there to truncate bf16
  pm.addPass(arith::createArithExpandOpsPass(expand));
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

/// Compute capability of a chip; an unknown one is reported by the pass that chooses schedules.
static int64_t getSm(StringRef chip) {
  llvm::Expected<GpuTarget> target = GpuTarget::get(chip);
  if (target)
    return target->sm;
  llvm::consumeError(target.takeError());
  return 90;
}

Fusion mlir::adamas::getFusion(const NVVMPipelineOptions &options) {
  // Without clusters distances cannot stay near: the rest of a step still can.
  return getSm(options.chip) < 90 && options.fusion == Fusion::Step ? Fusion::Selection : options.fusion;
}

/// What every pass that chooses is told.
template <typename Options> static void expect(Options &pass, const NVVMPipelineOptions &options) {
  pass.chip = options.chip;
  pass.batch = options.batch;
  pass.sequenceLength = options.sequenceLength;
  pass.table = options.table;
  pass.explain = options.explain;
}

void mlir::adamas::buildGpuOpenPipeline(OpPassManager &pm, const NVVMPipelineOptions &options) {
  AdamasSplitTokensOptions split;
  split.ways = options.ways;
  split.fusion = getFusion(options);
  expect(split, options);
  ::buildOpenPipeline(pm, split);
}

void mlir::adamas::buildGpuKernelsPipeline(OpPassManager &pm, const NVVMPipelineOptions &options) {
  buildGpuOpenPipeline(pm, options);
  AdamasAssignPlacementsOptions placements;
  placements.processor = Processor::Gpu;
  placements.fusion = getFusion(options);
  expect(placements, options);
  pm.addNestedPass<func::FuncOp>(createAdamasAssignPlacements(placements));
  AdamasFormKernelsOptions kernels;
  kernels.processor = Processor::Gpu;
  kernels.sm = getSm(options.chip);
  pm.addNestedPass<func::FuncOp>(createAdamasFormKernels(kernels));
  AdamasChooseScheduleOptions schedule;
  expect(schedule, options);
  schedule.threads = options.threads;
  schedule.tokens = options.tokens;
  schedule.iterations = options.iterations;
  schedule.engine = options.engine;
  schedule.attention = options.attention;
  schedule.distanceBits = options.distanceBits;
  pm.addNestedPass<func::FuncOp>(createAdamasChooseSchedule(schedule));
}

void mlir::adamas::buildToNVVMPipeline(OpPassManager &pm, const NVVMPipelineOptions &options) {
  buildGpuKernelsPipeline(pm, options);
  ConvertAdamasToGPUOptions toGpu;
  toGpu.sm = getSm(options.chip);
  toGpu.regime = options.regime;
  pm.addPass(createConvertAdamasToGPU(toGpu));
  // Kernel by kernel where passes can: threads of the context share them.
  OpPassManager &kernels = pm.nest<gpu::GPUModuleOp>();
  OpPassManager &abstract = kernels.nest<LLVM::LLVMFuncOp>();
  abstract.addPass(createCanonicalizerPass()); // folds the arithmetic of coordinates
  abstract.addPass(createCSEPass());           // and what rows share, while addresses are still pure
  kernels.addPass(createConvertAdamasGPUToNVVM());
  OpPassManager &concrete = kernels.nest<LLVM::LLVMFuncOp>();
  concrete.addPass(createSCFToControlFlowPass());
  concrete.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

void mlir::adamas::registerPipelines() {
  PassPipelineRegistration<OpenPipelineOptions>(
      "adamas-open-pipeline", "Form 1 to form 2: open top-k and attention, divide the token axis, check the form",
      buildOpenPipeline);
  PassPipelineRegistration<X86PipelineOptions>(
      "adamas-kernels-pipeline", "Form 1 to form 3: open, place values, form kernels", buildKernelsPipeline);
  PassPipelineRegistration<X86PipelineOptions>(
      "adamas-to-x86-pipeline",
      "Form 1 to the LLVM dialect for x86: open, form kernels, lower to vector loops, then to LLVM",
      buildToX86Pipeline);
  PassPipelineRegistration<NVVMPipelineOptions>(
      "adamas-gpu-kernels-pipeline", "Form 1 to form 3 of a GPU: open, place values, form and schedule kernels",
      buildGpuKernelsPipeline);
  PassPipelineRegistration<NVVMPipelineOptions>(
      "adamas-to-nvvm-pipeline",
      "Form 1 to the NVVM dialect: open, form kernels, lower to the code of a thread, then to NVVM",
      buildToNVVMPipeline);
}
