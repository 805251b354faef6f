// Fast exponentials and logarithms of base 2, which LLVM may move and drop.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --pass-pipeline='builtin.module(gpu.module(convert-adamas-gpu-to-nvvm))' | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: llvm.func @unary(
  // CHECK-SAME: %[[X:.*]]: f32
  llvm.func @unary(%x: f32) -> f32 {
    // CHECK: %[[Y:.*]] = llvm.inline_asm "ex2.approx.ftz.f32 $0, $1;", "=f,f" %[[X]] : (f32) -> f32
    %y = adamas_gpu.exp2 %x
    // CHECK: %[[Z:.*]] = llvm.inline_asm "lg2.approx.ftz.f32 $0, $1;", "=f,f" %[[Y]] : (f32) -> f32
    %z = adamas_gpu.log2 %y
    // CHECK: llvm.return %[[Z]]
    llvm.return %z : f32
  }
}
