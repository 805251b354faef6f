// Round trip of adamas_gpu.program.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// CHECK: adamas_gpu.program @nothing block 0 {
// CHECK-NEXT: }
adamas_gpu.program @nothing block 0 {
}

// CHECK: adamas_gpu.program @copy block 80 {
// CHECK-NEXT: adamas_gpu.value "from"
// CHECK-NEXT: adamas_gpu.value "to"
// CHECK-NEXT: adamas_gpu.launch @kernels::@copy_kernel0
// CHECK-NEXT: }
adamas_gpu.program @copy block 80 {
  adamas_gpu.value "from" argument f16 [-1, 64] at 0 dense 1 align 16
  adamas_gpu.value "to" result f16 [-1, 64] at 40 dense 1 align 16
  adamas_gpu.launch @kernels::@copy_kernel0 grid affine_map<()[s0] -> (s0, 1, 1)> [0, 0] threads 128 shared 0
}
gpu.module @kernels {
  llvm.func @copy_kernel0(!llvm.ptr)
}
