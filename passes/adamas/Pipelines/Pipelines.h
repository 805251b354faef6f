// The pipelines: each one options struct, one build function, one registration.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_PIPELINES_PIPELINES_H
#define ADAMAS_PIPELINES_PIPELINES_H

#include "adamas/IR/AdamasDialect.h"
#include "adamas/Target/Regime.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::adamas {

/// Form 1 to form 2.
struct OpenPipelineOptions : PassPipelineOptions<OpenPipelineOptions> {
  Option<int64_t> ways{*this, "ways", llvm::cl::desc("parts of the token axis, 1 or more (default 1)"),
                       llvm::cl::init(1)};
  Option<bool> candidates{*this, "candidates", llvm::cl::desc("divide candidate lists too (default false)"),
                          llvm::cl::init(false)};
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

/// Form 1 or 2 to form 3 and on to the NVVM dialect, for NVIDIA GPUs.
struct NVVMPipelineOptions : PassPipelineOptions<NVVMPipelineOptions> {
  Option<std::string> chip{*this, "chip", llvm::cl::desc("the GPU, such as sm_80 or sm_90a (default sm_90a)"),
                           llvm::cl::init("sm_90a")};
  Option<int64_t> ways{*this, "ways", llvm::cl::desc("parts of the token axis, 1 or more (default 0: choose)"),
                       llvm::cl::init(0)};
  Option<Fusion> fusion{
      *this, "fusion", llvm::cl::desc("how much of a step one launch does (default choose)"),
      llvm::cl::init(Fusion::Choose),
      llvm::cl::values(clEnumValN(Fusion::Choose, "choose", "what is fastest by estimate"),
                       clEnumValN(Fusion::Stages, "stages", "queries, scan, selection and merge, a launch each"),
                       clEnumValN(Fusion::Selection, "selection", "queries, scan, the rest together"),
                       clEnumValN(Fusion::Step, "step", "everything in clusters"))};
  Option<int64_t> threads{*this, "threads", llvm::cl::desc("threads of a CTA of a scan (default 0: choose)"),
                          llvm::cl::init(0)};
  Option<int64_t> tokens{*this, "tokens",
                         llvm::cl::desc("tokens that a thread of a scan measures at once (default 0: choose)"),
                         llvm::cl::init(0)};
  Option<int64_t> iterations{*this, "iterations", llvm::cl::desc("times that it does so (default 0: choose)"),
                             llvm::cl::init(0)};
  Option<int64_t> batch{*this, "batch", llvm::cl::desc("sequences to expect (default 1)"), llvm::cl::init(1)};
  Option<int64_t> sequenceLength{*this, "sequence-length",
                                 llvm::cl::desc("tokens of a sequence to expect (default 32768)"),
                                 llvm::cl::init(32768)};
  Option<Engine> engine{*this, "engine", llvm::cl::desc("how distances are measured (default choose)"),
                        llvm::cl::init(Engine::Choose),
                        llvm::cl::values(clEnumValN(Engine::Choose, "choose", "by the chip and the query group"),
                                         clEnumValN(Engine::Popc, "popc", "population counts"),
                                         clEnumValN(Engine::CarrySave, "carry_save", "carry-save adders first"),
                                         clEnumValN(Engine::B1, "b1", "binary matrix products"),
                                         clEnumValN(Engine::S8, "s8", "matrix products of bytes (weighted)"))};
  Option<int64_t> distanceBits{
      *this, "distance-bits",
      llvm::cl::desc("bits of a distance that is kept for one selection: 8, which saturate, or 16 (default 0: choose)"),
      llvm::cl::init(0)};
  Option<AttentionEngine> attention{
      *this, "attention", llvm::cl::desc("how queries meet keys (default choose)"),
      llvm::cl::init(AttentionEngine::Choose),
      llvm::cl::values(clEnumValN(AttentionEngine::Choose, "choose", "by the heads that share their tokens"),
                       clEnumValN(AttentionEngine::Fma, "fma", "lanes that share a token's row"),
                       clEnumValN(AttentionEngine::Mma, "mma", "matrix products, where they fit"))};
  Option<std::string> table{
      *this, "table",
      llvm::cl::desc(
          "tuning table to look choices up in, or none (default: the chip's, which comes with the compiler)"),
      llvm::cl::init("")};
  Option<bool> explain{*this, "explain", llvm::cl::desc("remark on what is chosen, and why (default false)"),
                       llvm::cl::init(false)};
  Option<Regime> regime{
      *this, "regime", llvm::cl::desc("how kernels follow each other (default pdl_wait)"),
      llvm::cl::init(Regime::PdlWait),
      llvm::cl::values(
          clEnumValN(Regime::NoPdl, "no_pdl", "one starts when the one before it is done"),
          clEnumValN(Regime::PdlWait, "pdl_wait",
                     "it starts earlier, but reads nothing before all in front of the function is done"),
          clEnumValN(Regime::PdlPrefetch, "pdl_prefetch", "its scan also reads codes, lengths and tables before"))};
};
/// What is asked for, or as much of it as a chip without clusters has.
Fusion getFusion(const NVVMPipelineOptions &options);
/// Form 1 to form 2, in parts that suit a GPU.
void buildGpuOpenPipeline(OpPassManager &pm, const NVVMPipelineOptions &options);
/// Form 1 or 2 to form 3 of a GPU: kernels with schedules. The chip must be known (`GpuTarget`).
void buildGpuKernelsPipeline(OpPassManager &pm, const NVVMPipelineOptions &options);
void buildToNVVMPipeline(OpPassManager &pm, const NVVMPipelineOptions &options);

/// Registers every `--adamas-...-pipeline`.
void registerPipelines();

} // namespace mlir::adamas

#endif // ADAMAS_PIPELINES_PIPELINES_H
