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

#endif // ADAMAS_CONVERSION_PASSES_TD
