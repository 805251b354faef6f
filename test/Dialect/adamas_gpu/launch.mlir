// Round trip of adamas_gpu.launch: with and without what may be left out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt --mlir-print-local-scope | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt --mlir-print-local-scope | FileCheck %s

gpu.module @kernels {
  llvm.func @f_kernel0(!llvm.ptr)
  llvm.func @f_kernel1(!llvm.ptr)
}

// CHECK-LABEL: adamas_gpu.program @f
adamas_gpu.program @f block 40 {
  adamas_gpu.value "x" argument f32 [-1, -1] at 0 dense 1 align 4
  // CHECK: adamas_gpu.launch @kernels::@f_kernel0 grid affine_map<()[s0, s1] -> (s0, s1 ceildiv 32, 1)> [0, 0, 0, 1] threads 32 shared 1024{{$}}
  adamas_gpu.launch @kernels::@f_kernel0 grid affine_map<()[s0, s1] -> (s0, s1 ceildiv 32, 1)> [0, 0, 0, 1] threads 32 shared 1024
  // CHECK: adamas_gpu.launch @kernels::@f_kernel1 grid affine_map<() -> (64, 1, 1)> [] threads 1024 shared 0 cluster 8 dependent
  adamas_gpu.launch @kernels::@f_kernel1 grid affine_map<() -> (64, 1, 1)> [] threads 1024 shared 0 cluster 8 dependent
}

// Once serialized a kernel is an entry of a binary, whose names are not symbols.
// CHECK-LABEL: adamas_gpu.program @serialized
adamas_gpu.program @serialized block 0 {
  // CHECK: adamas_gpu.launch @binary::@anything
  adamas_gpu.launch @binary::@anything grid affine_map<() -> (1, 1, 1)> [] threads 32 shared 0
}
gpu.binary @binary [#gpu.object<#nvvm.target, "">]
