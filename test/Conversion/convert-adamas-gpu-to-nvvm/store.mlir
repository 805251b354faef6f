// What the next kernel reads again leaves L2 last.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --pass-pipeline='builtin.module(gpu.module(convert-adamas-gpu-to-nvvm))' | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: llvm.func @store(
  // CHECK-SAME: %[[B:.*]]: i8, %[[H:.*]]: i16, %[[W:.*]]: i32, %[[P:.*]]: !llvm.ptr<1>
  llvm.func @store(%b: i8, %h: i16, %w: i32, %p: !llvm.ptr<1>) {
    // CHECK: %[[POLICY:.*]] = llvm.inline_asm "createpolicy.fractional.L2::evict_last.b64 $0, 1.0;", "=l" : () -> i64
    %policy = adamas_gpu.policy
    // CHECK: %[[WIDER:.*]] = llvm.zext %[[B]] : i8 to i16
    // CHECK: llvm.inline_asm has_side_effects "st.global.L2::cache_hint.b8 [$0], $1, $2;", "l,h,l" %[[P]], %[[WIDER]], %[[POLICY]]
    adamas_gpu.store keep %b, %p, %policy : i8, !llvm.ptr<1>
    // CHECK: llvm.inline_asm has_side_effects "st.global.L2::cache_hint.b16 [$0], $1, $2;", "l,h,l" %[[P]], %[[H]], %[[POLICY]]
    adamas_gpu.store keep %h, %p, %policy : i16, !llvm.ptr<1>
    // CHECK: llvm.inline_asm has_side_effects "st.global.L2::cache_hint.b32 [$0], $1, $2;", "l,r,l" %[[P]], %[[W]], %[[POLICY]]
    adamas_gpu.store keep %w, %p, %policy : i32, !llvm.ptr<1>
    llvm.return
  }
}
