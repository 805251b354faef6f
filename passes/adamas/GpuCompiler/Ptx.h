// From the NVVM dialect to PTX.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_GPUCOMPILER_PTX_H
#define ADAMAS_GPUCOMPILER_PTX_H

#include "adamas/Target/GpuTarget.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace mlir::adamas {

/// Translates `kernels`, in the NVVM dialect, to LLVM IR for `target`.
llvm::Expected<std::unique_ptr<llvm::Module>> translateForGpu(gpu::GPUModuleOp kernels, const GpuTarget &target,
                                                              llvm::LLVMContext &context);

/// Optimizes a module that was translated for `target`.
llvm::Error optimizeForGpu(llvm::Module &module, const GpuTarget &target);

/// PTX of an optimized module.
llvm::Expected<std::string> emitPtx(llvm::Module &module, const GpuTarget &target);

} // namespace mlir::adamas

#endif // ADAMAS_GPUCOMPILER_PTX_H
