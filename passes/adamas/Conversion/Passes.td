// Conversions from adamas to other dialects.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_PASSES_TD
#define ADAMAS_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertAdamasToVector : Pass<"convert-adamas-to-vector", "::mlir::ModuleOp"> {
  let summary = "Lower kernels to vector loops over memory, for CPUs";
  let description = [{
    Form 3 of a CPU: each `adamas.kernel` becomes a function over one work item (sequence, KV head, block) made of `vector`, `scf`,
    `arith` and `memref`, and an `adamas.launch` that runs it. Tensors of the boundary become strided memrefs, results are memory
    of the caller. Key codes take the CPU's layout `[B, Hkv, bits, tiles, D / 32, 16]` (spec pak-2): planes apart, the same word of
    16 tokens side by side. One emitter per op; where a value lives comes from its placement. Does not
    lower `append` and `paged_view`; `adamas-form-kernels` goes before.
  }];
  let dependentDialects = ["::mlir::adamas::AdamasDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::func::FuncDialect"];
}

def ConvertAdamasLaunchToLLVM : Pass<"convert-adamas-launch-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Lower launches to calls of the host's parallel loop";
  let description = [{
    `adamas.launch` packs its arguments into a struct on the stack and calls `adamas_parallel_for(body, context, batch,
    head, block)`, where `body` unpacks them and calls the kernel. Every public function `f` gets an entry `_adamas_f(void **arguments)` that C can
    call, with a table of pointers to memref descriptors, and becomes private. Kernels stay functions; run
    `convert-func-to-llvm` afterwards.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::func::FuncDialect"];
}

def ConvertAdamasToGPU : Pass<"convert-adamas-to-gpu", "::mlir::ModuleOp"> {
  let summary = "Lower kernels to the code of a thread, for NVIDIA GPUs";
  let description = [{
    Form 3 of a GPU: each `adamas.kernel` and `adamas.append` becomes a kernel in a `gpu.module`, over a work item (rows of a sequence and KV head, a
    block of tokens, or a selection and part) made of `arith`, `scf`, `llvm`, `nvvm` and `adamas_gpu`, and each function an
    `adamas_gpu.program` that lists its values and launches. Tensors keep their shape and take any strides, the innermost axis dense;
    codes are canonical planes (spec pak-1), `[.., b, D / 32]` words with a stride of their own. Paged views cost a look-up of
    the table. Parts of the token axis (`adamas.partition`) are made on the device, of the tokens that each query token sees, in units of 64:
    whole results do not depend on it (spec sel-6), values of single parts belong to these parts. `append` writes its tokens side by
    side: of equal slots in one call either may win, where the reference lets the last. One emitter per op; where a value lives comes from its placement. `adamas-form-kernels` for the processor gpu goes before.

    From sm_90 on kernels are launched dependent, unless `regime` is `no_pdl`. The first kernel of a function waits for what came before
    it, and only then lets the next one start, so that a later scan may load the codes that the function is given before it waits itself.
    `pdl_prefetch` loads them before any wait, and with them lengths and page tables: that is right only where no kernel in front of the
    function writes them, so in a function without `append` and not right behind one.
  }];
  let options = [
    Option<"sm", "sm", "int64_t", /*default=*/"90", "compute capability times ten, for functions without kernels (default 90)">,
    Option<"regime", "regime", "::mlir::adamas::Regime", /*default=*/"::mlir::adamas::Regime::PdlWait",
           "how kernels follow each other (default pdl_wait)",
           [{::llvm::cl::values(
               clEnumValN(::mlir::adamas::Regime::NoPdl, "no_pdl", "one starts when the one before it is done"),
               clEnumValN(::mlir::adamas::Regime::PdlWait, "pdl_wait", "it starts earlier, but reads nothing before all in front of the function is done"),
               clEnumValN(::mlir::adamas::Regime::PdlPrefetch, "pdl_prefetch", "its scan also reads codes, lengths and tables before"))}]>,
  ];
  let dependentDialects = ["::mlir::adamas::AdamasDialect", "::mlir::adamas_gpu::AdamasGPUDialect", "::mlir::arith::ArithDialect",
                           "::mlir::gpu::GPUDialect", "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect"];
}

def ConvertAdamasGPUToNVVM : Pass<"convert-adamas-gpu-to-nvvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Lower the memory-level ops to LLVM, NVVM and inline PTX";
  let description = [{
    Every `adamas_gpu` op inside a `gpu.module` becomes what the hardware calls it. Shared memory becomes one external symbol, since
    LLVM demotes internal ones of length 0 to static memory that overlaps.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect"];
}

#endif // ADAMAS_CONVERSION_PASSES_TD
