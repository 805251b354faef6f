// Selection, attention and merge of a row in one cluster: nothing of the others is needed before outputs go to the first CTA, so a CTA says
// at its start that it runs, once its first loads are on their way, and waits for the others only then. Bins and distances are in global
// memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @select_kernel0(
// CHECK: %[[OUTPUTS:.*]] = adamas_gpu.shared_memory 768
// CHECK: %[[CTA:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK-NOT: nvvm.read.ptx.sreg.ctaid
// CHECK: %[[PART:.*]] = arith.remui %[[CTA]], %c2_i32
// Rows of three heads' query, and the length.
// CHECK: scf.for %{{.*}} to %c24_i32 step %c64_i32
// CHECK: nvvm.cp.async.shared.global
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK: %[[LENGTH:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NOT: llvm.load
// Two parts, three heads, 32 numbers and one log-sum of 4 bytes.
// CHECK: scf.if
// CHECK-NEXT: adamas_gpu.barrier_init %[[BARRIER:.*]] bytes 792
// CHECK: nvvm.cluster.arrive.relaxed {aligned}
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK-COUNT-2: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: nvvm.barrier
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK: nvvm.cluster.wait {aligned}
// Three heads share a list: 96 numbers a part.
// CHECK-NEXT: %[[PLACE:.*]] = arith.muli %[[PART]], %c96_i32
// CHECK-NEXT: %[[MINE:.*]] = llvm.getelementptr %[[OUTPUTS]][%[[PLACE]]]
// CHECK-NEXT: %[[LSE_PLACE:.*]] = arith.muli %[[PART]], %c3_i32
// CHECK-NEXT: %[[LSE:.*]] = llvm.getelementptr %{{.*}}[%[[LSE_PLACE]]]
// CHECK: %[[NUMBER:.*]] = llvm.getelementptr %[[MINE]]
// CHECK-NEXT: %[[OUTPUT:.*]] = nvvm.mapa %[[NUMBER]], %c0_i32 : !llvm.ptr<3> -> !llvm.ptr<7>
// CHECK-NEXT: %[[NOTE:.*]] = nvvm.mapa %[[BARRIER]], %c0_i32 : !llvm.ptr<3> -> !llvm.ptr<7>
// CHECK-NEXT: adamas_gpu.store_async %{{.*}}, %[[OUTPUT]], %[[NOTE]] : f32,
// CHECK: %[[SUM:.*]] = llvm.getelementptr %[[LSE]]
// CHECK-NEXT: %[[TO:.*]] = nvvm.mapa %[[SUM]], %c0_i32
// CHECK-NEXT: %[[NOTE_TOO:.*]] = nvvm.mapa %[[BARRIER]], %c0_i32
// CHECK-NEXT: adamas_gpu.store_async %{{.*}}, %[[TO]], %[[NOTE_TOO]] : f32,
// Of the 96 numbers each of 64 threads has one, and the first 32 have a second: made at once, sent one after the other.
// CHECK: %[[FEW:.*]] = arith.cmpi slt, %{{.*}}, %c32_i32
// CHECK-NEXT: scf.if %[[FEW]] {
// CHECK-COUNT-2: adamas_gpu.store_async %{{.*}} : f32,
// CHECK-NOT: adamas_gpu.store_async
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[PART]], %c0_i32
// CHECK-NEXT: scf.if %[[FIRST]] {
// CHECK-NEXT: arith.cmpi eq, %{{.*}}, %c0_i32
// CHECK-NEXT: scf.if
// CHECK-NEXT: adamas_gpu.barrier_wait %[[BARRIER]]
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// CHECK: scf.if %[[FIRST]] {
// CHECK: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK: llvm.getelementptr %[[OUTPUTS]]
// CHECK: llvm.store %{{.*}}, !llvm.ptr<1>
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK: llvm.return
// CHECK: adamas_gpu.launch @kernels::@select_kernel0 grid affine_map<()[s0] -> (s0 * 4, 1, 1)> {{.*}} threads 64 {{.*}} cluster 2
func.func @select(%h: tensor<?x2x2x33xi32>, %d: tensor<?x2x?xi32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %x: tensor<?x6x32xf32>, %k: tensor<?x2x?x32xf32>, %n: tensor<?xi32>) -> tensor<?x6x32xf32> {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 64, tokens = 2, iterations = 1, engine = popc, cluster = 2> {
    %t, %r = adamas.threshold %h need 7 in shared : tensor<?x2x2x33xi32>
    %i, %m = adamas.compact %d, %t, %r seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) budget 8 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    %o, %lse = adamas.partial_attention %x, %k, %k indices(%i, %m : tensor<?x2x2x8xi32>, tensor<?x2x2xi32>) in cluster : tensor<?x6x32xf32>, tensor<?x2x?x32xf32>
    %y, %z = adamas.merge_attention %o, %lse to f32 in global : tensor<?x6x2x32xf32>, tensor<?x6x2xf32>
    adamas.yield %y : tensor<?x6x32xf32>
  } : tensor<?x6x32xf32>
  return %0 : tensor<?x6x32xf32>
}
