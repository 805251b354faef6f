// What is outside of a gpu.module, the host's side, stays.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --pass-pipeline='builtin.module(gpu.module(convert-adamas-gpu-to-nvvm))' | FileCheck %s

gpu.module @kernels {
  llvm.func @f_kernel0(!llvm.ptr)
}
// CHECK: adamas_gpu.program @f
// CHECK-NEXT: adamas_gpu.value
// CHECK-NEXT: adamas_gpu.launch
adamas_gpu.program @f block 24 {
  adamas_gpu.value "x" argument f32 [-1] at 0 dense 1 align 4
  adamas_gpu.launch @kernels::@f_kernel0 grid affine_map<()[s0] -> (s0, 1, 1)> [0, 0] threads 32 shared 0
}
