// red, not atom: nothing comes back. It writes memory, and LLVM is told so.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --pass-pipeline='builtin.module(gpu.module(convert-adamas-gpu-to-nvvm))' | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: llvm.func @add(
  // CHECK-SAME: %[[ONE:.*]]: i32, %[[P:.*]]: !llvm.ptr<1>, %[[S:.*]]: !llvm.ptr<3>
  llvm.func @add(%one: i32, %p: !llvm.ptr<1>, %s: !llvm.ptr<3>) {
    // CHECK: llvm.inline_asm has_side_effects "red.relaxed.gpu.global.add.u32 [$0], $1;", "l,r,~{memory}" %[[P]], %[[ONE]]
    adamas_gpu.reduce_add %one, %p : !llvm.ptr<1>
    // CHECK: llvm.inline_asm has_side_effects "red.relaxed.cta.shared.add.u32 [$0], $1;", "{{[lr]}},r,~{memory}" %[[S]], %[[ONE]]
    adamas_gpu.reduce_add %one, %s : !llvm.ptr<3>
    llvm.return
  }
}
