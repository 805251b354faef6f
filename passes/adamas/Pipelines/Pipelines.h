// The pipelines: each one options struct, one build function, one registration.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_PIPELINES_PIPELINES_H
#define ADAMAS_PIPELINES_PIPELINES_H

#include "adamas/IR/AdamasDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::adamas {

/// Form 1 to form 2.
struct OpenPipelineOptions : PassPipelineOptions<OpenPipelineOptions> {
  Option<int64_t> ways{*this, "ways", llvm::cl::desc("parts of the token axis, 1 or more (default 1)"),
                       llvm::cl::init(1)};
};
void buildOpenPipeline(OpPassManager &pm, const OpenPipelineOptions &options);

/// Form 1 or 2 to form 3 and on to the LLVM dialect, for x86.
struct X86PipelineOptions : PassPipelineOptions<X86PipelineOptions> {
  Option<int64_t> ways{*this, "ways", llvm::cl::desc("parts of the token axis, 1 or more (default 1)"),
                       llvm::cl::init(1)};
  Option<int64_t> lanes{
      *this, "lanes", llvm::cl::desc("32-bit lanes of a vector register: 4 (SSE2), 8 (AVX2) or 16 (AVX-512, default)"),
      llvm::cl::init(16)};
  Option<Popcount> popcount{
      *this, "popcount", llvm::cl::desc("how bits are counted (default words)"), llvm::cl::init(Popcount::Words),
      llvm::cl::values(clEnumValN(Popcount::Words, "words", "AVX-512 VPOPCNTDQ"),
                       clEnumValN(Popcount::Bytes, "bytes", "byte lanes: AVX2 look-up or SSE2 bit tricks"))};
};
/// Form 1 or 2 to form 3: kernels of staged ops.
void buildKernelsPipeline(OpPassManager &pm, const X86PipelineOptions &options);
void buildToX86Pipeline(OpPassManager &pm, const X86PipelineOptions &options);

/// Registers `--adamas-open-pipeline`, `--adamas-kernels-pipeline` and `--adamas-to-x86-pipeline`.
void registerPipelines();

} // namespace mlir::adamas

#endif // ADAMAS_PIPELINES_PIPELINES_H
