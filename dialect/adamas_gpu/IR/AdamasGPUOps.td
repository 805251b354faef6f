// The memory-level dialect of NVIDIA GPUs: what upstream lacks or gets wrong, and the host's side of a program.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_GPU_IR_ADAMASGPUOPS_TD
#define ADAMAS_GPU_IR_ADAMASGPUOPS_TD

include "mlir/Dialect/LLVMIR/LLVMOpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def AdamasGPU_Dialect : Dialect {
  let name = "adamas_gpu";
  let cppNamespace = "::mlir::adamas_gpu";
  let summary = "per-thread memory operations of GPU kernels, and programs of kernels";
  let description = [{
    Form 3 of a GPU: inside a `gpu.func` upstream's arith, scf, llvm and nvvm, plus the few ops here, each because upstream has
    a hole: wide loads and stores with cache hints, reductions that return nothing, shared memory with one symbol and static
    offsets, fast exponentials. Outside, `program` lists what a function's kernels share and how each is launched.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

class AdamasGPU_Op<string mnemonic, list<Trait> traits = []> : Op<AdamasGPU_Dialect, mnemonic, traits>;

class AdamasGPU_Enum<string name, string summary, list<I32EnumAttrCase> cases> : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::mlir::adamas_gpu";
  let genSpecializedAttr = 0;
}

def AdamasGPU_Cache : AdamasGPU_Enum<"Cache", "how a load or store uses the caches", [
  I32EnumAttrCase<"Stream", 0, "stream">,       // read once: no place in L1, lines of 128 bytes from L2
  I32EnumAttrCase<"ReadOnly", 1, "read_only">,  // never written while the kernel runs: the non-coherent path
  I32EnumAttrCase<"Keep", 2, "keep">,           // read again by the next kernel: last to leave L2
  I32EnumAttrCase<"Fresh", 3, "fresh">]>;       // as `stream`, of what this kernel may have written
def AdamasGPU_CacheAttr : EnumAttr<AdamasGPU_Dialect, AdamasGPU_Cache, "cache">;

def AdamasGPU_Role : AdamasGPU_Enum<"Role", "what a value of a program is", [
  I32EnumAttrCase<"Argument", 0, "argument">,
  I32EnumAttrCase<"Result", 1, "result">,
  I32EnumAttrCase<"Workspace", 2, "workspace">]>;
def AdamasGPU_RoleAttr : EnumAttr<AdamasGPU_Dialect, AdamasGPU_Role, "role">;

def AdamasGPU_Global : Type<And<[LLVM_AnyPointer.predicate,
  CPred<"::llvm::cast<::mlir::LLVM::LLVMPointerType>($_self).getAddressSpace() == 1">]>, "pointer to global memory">;
def AdamasGPU_Shared : Type<And<[LLVM_AnyPointer.predicate,
  CPred<"::llvm::cast<::mlir::LLVM::LLVMPointerType>($_self).getAddressSpace() == 3">]>, "pointer to shared memory">;
def AdamasGPU_Cluster : Type<And<[LLVM_AnyPointer.predicate,
  CPred<"::llvm::cast<::mlir::LLVM::LLVMPointerType>($_self).getAddressSpace() == 7">]>,
  "pointer to shared memory of a cluster">;

//===--- inside kernels ---===//

def AdamasGPU_ParameterOp : AdamasGPU_Op<"parameter", [Pure]> {
  let summary = "a field of the kernel's parameter block";
  let description = [{
    Every kernel of a program takes one block by value; this reads the 8 bytes at `offset`, a size, a stride or a pointer.

    **Example**
    ```mlir
    func.func @size(%block: !llvm.ptr) -> i64 {
      %n = adamas_gpu.parameter %block[16] : !llvm.ptr -> i64
      return %n : i64
    }
    ```

    **Errors**: `%block[12]` "expects 'offset' to be a multiple of 8 below 4096, but got 12".
  }];
  let arguments = (ins LLVM_AnyPointer:$block, I64Attr:$offset);
  let results = (outs AnyTypeOf<[I64, AdamasGPU_Global]>:$result);
  let assemblyFormat = "$block `[` $offset `]` attr-dict `:` type($block) `->` type($result)";
  let hasVerifier = 1;
}

def AdamasGPU_LoadOp : AdamasGPU_Op<"load"> {
  let summary = "load 4, 8 or 16 bytes of global memory with a cache hint";
  let description = [{
    `stream` becomes `ld.global.nc.L1::no_allocate.L2::128B`, `read_only` `ld.global.nc`; neither may read what the kernel or one
    that still runs writes. `fresh` is `stream` without `nc`: it sees what its CTA wrote before a barrier. The address is a
    multiple of the size.

    **Example**
    ```mlir
    func.func @codes_of_a_key(%p: !llvm.ptr<1>) -> vector<4xi32> {
      %words = adamas_gpu.load stream %p : !llvm.ptr<1> -> vector<4xi32>
      return %words : vector<4xi32>
    }
    ```

    **Errors**: `load keep` "expects 'cache' to be stream, read_only or fresh, but got keep; it is for stores".
  }];
  let arguments = (ins AdamasGPU_CacheAttr:$cache, AdamasGPU_Global:$pointer);
  let results = (outs AnyTypeOf<[I32, VectorOfLengthAndType<[2, 4], [I32]>]>:$result);
  let assemblyFormat = "`` $cache $pointer attr-dict `:` type($pointer) `->` type($result)";
  let hasVerifier = 1;
}

def AdamasGPU_StoreOp : AdamasGPU_Op<"store"> {
  let summary = "store 1, 2 or 4 bytes to global memory, to stay in L2";
  let description = [{
    `st.global.L2::cache_hint` with the policy `evict_last` (from sm_80): what the next kernel reads again.

    **Example**
    ```mlir
    func.func @keep(%distance: i16, %p: !llvm.ptr<1>) {
      %policy = adamas_gpu.policy
      adamas_gpu.store keep %distance, %p, %policy : i16, !llvm.ptr<1>
      return
    }
    ```

    **Errors**: `store stream` "expects 'cache' to be keep, but got stream; it is for loads, and 'llvm.store' stores without a hint".
  }];
  let arguments = (ins AdamasGPU_CacheAttr:$cache, AnyTypeOf<[I8, I16, I32]>:$value, AdamasGPU_Global:$pointer, I64:$policy);
  let assemblyFormat = "`` $cache $value `,` $pointer `,` $policy attr-dict `:` type($value) `,` type($pointer)";
  let hasVerifier = 1;
}

def AdamasGPU_PolicyOp : AdamasGPU_Op<"policy", [Pure]> {
  let summary = "an L2 policy under which lines are the last to leave";
  let description = [{
    `createpolicy.fractional.L2::evict_last` for all of what is stored under it.

    **Example**
    ```mlir
    func.func @policy() -> i64 {
      %policy = adamas_gpu.policy
      return %policy : i64
    }
    ```
  }];
  let results = (outs I64:$result);
  let assemblyFormat = "attr-dict";
}

def AdamasGPU_ReduceAddOp : AdamasGPU_Op<"reduce_add"> {
  let summary = "add to a word of memory, atomically, without asking for what it held";
  let description = [{
    `red.relaxed.gpu.global.add.u32`, `red.relaxed.cta.shared.add.u32` or, in the memory of any CTA of a cluster,
    `red.relaxed.cluster.shared::cluster.add.u32`. LLVM's atomicrmw asks for the old value, which costs 7 % of
    a scan when code is relocatable.

    **Example**
    ```mlir
    func.func @count(%one: i32, %bin: !llvm.ptr<3>) {
      adamas_gpu.reduce_add %one, %bin : !llvm.ptr<3>
      return
    }
    ```
  }];
  let arguments = (ins I32:$value, AnyTypeOf<[AdamasGPU_Global, AdamasGPU_Shared, AdamasGPU_Cluster]>:$pointer);
  let assemblyFormat = "$value `,` $pointer attr-dict `:` type($pointer)";
}

def AdamasGPU_SharedMemoryOp : AdamasGPU_Op<"shared_memory", [Pure]> {
  let summary = "a piece of the CTA's shared memory";
  let description = [{
    `bytes` bytes at `offset`, which `convert-adamas-to-gpu` gives out, of the one external symbol that a module's kernels share
    (LLVM demotes internal ones to static memory that overlaps). Aligned to 16 bytes.

    **Example**
    ```mlir
    func.func @bins() -> !llvm.ptr<3> {
      %bins = adamas_gpu.shared_memory 772 at 512 : !llvm.ptr<3>
      return %bins : !llvm.ptr<3>
    }
    ```

    **Errors**: `at 8` "expects 'offset' to be a multiple of 16, but got 8".
  }];
  let arguments = (ins I64Attr:$bytes, I64Attr:$offset);
  let results = (outs AdamasGPU_Shared:$result);
  let assemblyFormat = "$bytes `at` $offset attr-dict `:` type($result)";
  let hasVerifier = 1;
}

class AdamasGPU_UnaryOp<string mnemonic, string instruction> : AdamasGPU_Op<mnemonic, [Pure]> {
  let summary = instruction;
  let description = "`" # instruction # [{`: relative error 2^-22.

    **Example**
    ```mlir
    func.func @unary(%x: f32) -> f32 {
      %y = adamas_gpu.}] # mnemonic # [{ %x
      return %y : f32
    }
    ```
  }];
  let arguments = (ins F32:$operand);
  let results = (outs F32:$result);
  let assemblyFormat = "$operand attr-dict";
}
def AdamasGPU_Exp2Op : AdamasGPU_UnaryOp<"exp2", "ex2.approx.ftz.f32">;
def AdamasGPU_Log2Op : AdamasGPU_UnaryOp<"log2", "lg2.approx.ftz.f32">;

def AdamasGPU_BarrierInitOp : AdamasGPU_Op<"barrier_init"> {
  let summary = "make a barrier that opens when so many bytes have come";
  let description = [{
    `mbarrier.init` for one arrival, which `mbarrier.arrive.expect_tx` of `bytes` then is (from sm_90). One thread does it, for 8
    bytes of shared memory; `fence.mbarrier_init` makes it known to who meets that thread at the cluster's barrier.

    **Example**
    ```mlir
    func.func @expect(%barrier: !llvm.ptr<3>) {
      adamas_gpu.barrier_init %barrier bytes 1536 : !llvm.ptr<3>
      return
    }
    ```
  }];
  let arguments = (ins AdamasGPU_Shared:$barrier, I64Attr:$bytes);
  let assemblyFormat = "$barrier `bytes` $bytes attr-dict `:` type($barrier)";
}
def AdamasGPU_BarrierWaitOp : AdamasGPU_Op<"barrier_wait"> {
  let summary = "wait until a barrier's bytes have come, and see them";
  let description = [{
    `mbarrier.try_wait.parity.acquire.cluster` in a loop, for the first and only phase of a barrier of `barrier_init`.

    **Example**
    ```mlir
    func.func @receive(%barrier: !llvm.ptr<3>) {
      adamas_gpu.barrier_wait %barrier : !llvm.ptr<3>
      return
    }
    ```
  }];
  let arguments = (ins AdamasGPU_Shared:$barrier);
  let assemblyFormat = "$barrier attr-dict `:` type($barrier)";
}
def AdamasGPU_StoreAsyncOp : AdamasGPU_Op<"store_async"> {
  let summary = "store into the shared memory of a CTA of the cluster and tell its barrier";
  let description = [{
    `st.async` with `mbarrier::complete_tx::bytes` (from sm_90): 4 bytes, or 16 at a multiple of 16. `pointer` and `barrier` belong to
    one CTA. Cheaper than a barrier of the cluster, 0.7 us a round: data and notice travel together.

    **Example**
    ```mlir
    func.func @send(%value: vector<4xi32>, %pointer: !llvm.ptr<7>, %barrier: !llvm.ptr<7>) {
      adamas_gpu.store_async %value, %pointer, %barrier : vector<4xi32>, !llvm.ptr<7>, !llvm.ptr<7>
      return
    }
    ```
  }];
  let arguments = (ins AnyTypeOf<[I32, F32, VectorOfLengthAndType<[4], [I32]>]>:$value, AdamasGPU_Cluster:$pointer,
                   AdamasGPU_Cluster:$barrier);
  let assemblyFormat = "$value `,` $pointer `,` $barrier attr-dict `:` type($value) `,` type($pointer) `,` type($barrier)";
}

def AdamasGPU_WaitGridOp : AdamasGPU_Op<"wait_grid"> {
  let summary = "wait until the kernel before has ended and its memory is visible";
  let description = [{
    `griddepcontrol.wait` (from sm_90; `convert-adamas-to-gpu` emits none for others).

    **Example**
    ```mlir
    func.func @after() {
      adamas_gpu.wait_grid
      return
    }
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def AdamasGPU_LaunchDependentsOp : AdamasGPU_Op<"launch_dependents"> {
  let summary = "let the next kernel take its place on the GPU";
  let description = [{
    `griddepcontrol.launch_dependents` (from sm_90). The next kernel waits by `wait_grid` before it touches what is written here.

    **Example**
    ```mlir
    func.func @before() {
      adamas_gpu.launch_dependents
      return
    }
    ```
  }];
  let assemblyFormat = "attr-dict";
}

//===--- the host's side ---===//

def AdamasGPU_ProgramOp : AdamasGPU_Op<"program", [Symbol, NoTerminator, SingleBlock, IsolatedFromAbove]> {
  let summary = "what a function has become: values and launches";
  let description = [{
    The kernels' shared parameter block of `bytes` bytes describes every `value`; the launches run in order. This is what the
    manifest of a bundle says.

    **Example**
    ```mlir
    gpu.module @kernels {
      llvm.func @decode_kernel0(!llvm.ptr)
    }
    adamas_gpu.program @decode block 56 {
      adamas_gpu.value "query" argument f16 [-1, 32, 128] at 0 dense 1 align 16
      adamas_gpu.launch @kernels::@decode_kernel0 grid affine_map<()[s0] -> (s0 * 8, 1, 1)> [0, 0] threads 128 shared 0 dependent
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `block` $bytes attr-dict-with-keyword $body";
}

def AdamasGPU_ValueOp : AdamasGPU_Op<"value", [HasParent<"ProgramOp">]> {
  let summary = "a tensor of a program and its place in the parameter block";
  let description = [{
    At `offset`: the pointer, then the size of each axis, then the stride of each axis in elements. `shape` is in memory,
    -1 where it is dynamic; codes are words without sign, `ui32`, and have two axes more, planes and words. The innermost
    `dense` axes lie densely, and rows are aligned to `align` bytes. The shape of a workspace value comes from `extent`, of
    sizes of other values: symbol i of the map is axis `symbols[2 i + 1]` of value `symbols[2 i]`.

    **Example**
    ```mlir
    adamas_gpu.program @scan block 112 {
      adamas_gpu.value "codes" argument ui32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
      adamas_gpu.value "counts" workspace i32 [-1] at 88 dense 1 align 4 extent affine_map<()[s0] -> (s0 * 3)> [0, 0]
    }
    ```

    **Errors**: a block of 96 bytes for these two "expects to end within the block's 96 bytes, but ends at 112".
  }];
  let arguments = (ins StrAttr:$name, AdamasGPU_RoleAttr:$role, TypeAttr:$element, DenseI64ArrayAttr:$shape, I64Attr:$offset,
                   I64Attr:$dense, I64Attr:$align, OptionalAttr<AffineMapAttr>:$extent,
                   OptionalAttr<DenseI64ArrayAttr>:$symbols);
  let assemblyFormat = [{
    $name `` $role $element $shape `at` $offset `dense` $dense `align` $align (`extent` $extent^ $symbols)? attr-dict
  }];
  let hasVerifier = 1;
}

def AdamasGPU_LaunchOp : AdamasGPU_Op<"launch", [HasParent<"ProgramOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "one launch of a kernel";
  let description = [{
    `grid` gives three sizes from sizes of values, `symbols` as in `value`. With `dependent` it may start before the one before
    it has ended (programmatic dependent launch).

    **Example**: that of `program`.

    **Errors**: `threads 48` "expects 'threads' to be whole warps of 32 up to 1024, but got 48".
  }];
  let arguments = (ins SymbolRefAttr:$kernel, AffineMapAttr:$grid, DenseI64ArrayAttr:$symbols, I64Attr:$threads,
                   I64Attr:$shared_bytes, DefaultValuedAttr<I64Attr, "1">:$cluster, UnitAttr:$dependent);
  let assemblyFormat = [{
    $kernel `grid` $grid $symbols `threads` $threads `shared` $shared_bytes (`cluster` $cluster^)? (`dependent` $dependent^)? attr-dict
  }];
  let hasVerifier = 1;
}

#endif // ADAMAS_GPU_IR_ADAMASGPUOPS_TD
