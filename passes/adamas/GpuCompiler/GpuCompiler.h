// Modules compiled for NVIDIA GPUs, and requests of the runtime answered.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_GPUCOMPILER_GPUCOMPILER_H
#define ADAMAS_GPUCOMPILER_GPUCOMPILER_H

#include "adamas/Pipelines/Pipelines.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include <string>

namespace mlir::adamas {

/// How to compile for a GPU.
struct GpuOptions {
  std::string chip = "sm_90a";
  int64_t ways = 0;                                ///< parts of the token axis; 0: by the shape that is expected
  int64_t threads = 0, tokens = 0, iterations = 0; ///< of a scan; 0: choose
  Engine engine = Engine::Choose;
  AttentionEngine attention = AttentionEngine::Choose;
  int64_t distanceBits = 0;       ///< of distances that are kept for one selection: 8, 16 or 0: choose
  Fusion fusion = Fusion::Choose; ///< choose: by the shape that is expected
  Regime regime = Regime::PdlWait;
  /// What to expect where a module leaves it open: sequences, and tokens of each.
  int64_t batch = 1, sequenceLength = 32768;
  /// A tuning table's file, or none; empty: what the environment's ADAMAS_TUNING_TABLE says, or else the chip's own.
  std::string tuning;
  bool explain = false; ///< by remarks of the passes that choose

  void configure(NVVMPipelineOptions &options) const;
};

/// Milliseconds of each stage of compilation. Kernels are compiled side by side: the slowest one's stages count.
struct GpuCompileTimes {
  double passes = 0, optimize = 0, codegen = 0, assemble = 0;
  double total() const { return passes + optimize + codegen + assemble; }
};

/// `options` with the launches and the parts that the last function of `module` (form 1 or 2) gets.
llvm::Expected<GpuOptions> chooseLaunches(ModuleOp module, GpuOptions options);

/// `module` (form 1 or 2; left unchanged) in the NVVM dialect. Diagnostics of passes go to the context's handler.
llvm::Expected<OwningOpRef<ModuleOp>> lowerForGpu(ModuleOp module, const GpuOptions &options, GpuCompileTimes &times);

/// PTX of all kernels of a module that was lowered.
llvm::Expected<std::string> emitPtxOf(ModuleOp lowered, const GpuOptions &options, GpuCompileTimes &times);

/// What a bundle is made of.
struct GpuImage {
  llvm::json::Value manifest;
  std::string image;
};

/// Machine code of a module that was lowered, each kernel compiled by a thread of its own, if there is an assembler;
/// else PTX, which the driver compiles.
llvm::Expected<GpuImage> compileImage(ModuleOp lowered, const GpuOptions &options, GpuCompileTimes &times);

/// Tells `manifest` from which length on each function of `module` (form 1 or 2) is faster than dense attention, as far
/// as that is known.
llvm::Error addCrossovers(ModuleOp module, const GpuOptions &options, llvm::json::Value &manifest);

/// All of it: a bundle of `module`.
llvm::Expected<std::string> compileToBundle(ModuleOp module, const GpuOptions &options, GpuCompileTimes &times);

/// The bundle that a request of the runtime asks for (runtime/README.md has the format).
llvm::Expected<std::string> compileRequest(llvm::StringRef request, GpuCompileTimes &times);

} // namespace mlir::adamas

#endif // ADAMAS_GPUCOMPILER_GPUCOMPILER_H
