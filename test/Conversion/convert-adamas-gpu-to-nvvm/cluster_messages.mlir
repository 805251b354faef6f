// Messages within a cluster: st.async stores and counts bytes at the receiver's barrier, which opens when all have come. A fence makes the
// barrier known, since a relaxed arrival at the cluster's orders nothing. Every wait is one block of text with a label of its own, so that
// two of them do not clash.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --pass-pipeline='builtin.module(gpu.module(convert-adamas-gpu-to-nvvm))' | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: llvm.func @receive(
  // CHECK-SAME: %[[B:.*]]: !llvm.ptr<3>
  llvm.func @receive(%barrier: !llvm.ptr<3>) {
    // CHECK: llvm.inline_asm has_side_effects "mbarrier.init.shared::cta.b64 [$0], 1;\0Ambarrier.arrive.expect_tx.shared::cta.b64 _, [$0], 1536;\0Afence.mbarrier_init.release.cluster;", "{{[lr]}},~{memory}" %[[B]]
    adamas_gpu.barrier_init %barrier bytes 1536 : !llvm.ptr<3>
    // CHECK: llvm.inline_asm has_side_effects "{\0A.reg .pred done;\0Aagain:\0Ambarrier.try_wait.parity.acquire.cluster.shared::cta.b64 done, [$0], 0;\0A@!done bra again;\0A}", "{{[lr]}},~{memory}" %[[B]]
    adamas_gpu.barrier_wait %barrier : !llvm.ptr<3>
    llvm.return
  }

  // CHECK-LABEL: llvm.func @send(
  // CHECK-SAME: %[[I:.*]]: i32, %[[F:.*]]: f32, %[[V:.*]]: vector<4xi32>, %[[P:.*]]: !llvm.ptr<7>, %[[B:.*]]: !llvm.ptr<7>
  llvm.func @send(%i: i32, %f: f32, %v: vector<4xi32>, %p: !llvm.ptr<7>, %barrier: !llvm.ptr<7>) {
    // CHECK: llvm.inline_asm has_side_effects "st.async.shared::cluster.mbarrier::complete_tx::bytes.b32 [$0], $1, [$2];", "{{[lr]}},r,{{[lr]}},~{memory}" %[[P]], %[[I]], %[[B]]
    adamas_gpu.store_async %i, %p, %barrier : i32, !llvm.ptr<7>, !llvm.ptr<7>
    // CHECK: llvm.inline_asm has_side_effects "st.async.shared::cluster.mbarrier::complete_tx::bytes.f32 [$0], $1, [$2];", "{{[lr]}},f,{{[lr]}},~{memory}" %[[P]], %[[F]], %[[B]]
    adamas_gpu.store_async %f, %p, %barrier : f32, !llvm.ptr<7>, !llvm.ptr<7>
    // CHECK-DAG: %[[C0:.*]] = llvm.mlir.constant(0 : i32)
    // CHECK-DAG: %[[C1:.*]] = llvm.mlir.constant(1 : i32)
    // CHECK-DAG: %[[C2:.*]] = llvm.mlir.constant(2 : i32)
    // CHECK-DAG: %[[C3:.*]] = llvm.mlir.constant(3 : i32)
    // CHECK-DAG: %[[W0:.*]] = llvm.extractelement %[[V]][%[[C0]] : i32]
    // CHECK-DAG: %[[W1:.*]] = llvm.extractelement %[[V]][%[[C1]] : i32]
    // CHECK-DAG: %[[W2:.*]] = llvm.extractelement %[[V]][%[[C2]] : i32]
    // CHECK-DAG: %[[W3:.*]] = llvm.extractelement %[[V]][%[[C3]] : i32]
    // CHECK: llvm.inline_asm has_side_effects "st.async.shared::cluster.mbarrier::complete_tx::bytes.v4.b32 [$0], {$1, $2, $3, $4}, [$5];", "{{[lr]}},r,r,r,r,{{[lr]}},~{memory}" %[[P]], %[[W0]], %[[W1]], %[[W2]], %[[W3]], %[[B]]
    adamas_gpu.store_async %v, %p, %barrier : vector<4xi32>, !llvm.ptr<7>, !llvm.ptr<7>
    // CHECK: llvm.inline_asm has_side_effects "red.relaxed.cluster.shared::cluster.add.u32 [$0], $1;", "{{[lr]}},r,~{memory}" %[[P]], %[[I]]
    adamas_gpu.reduce_add %i, %p : !llvm.ptr<7>
    llvm.return
  }
}
