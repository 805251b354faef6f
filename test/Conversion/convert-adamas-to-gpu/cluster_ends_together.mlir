// A CTA of a cluster sends nothing to another before that one runs, and none reads the memory of another, so one may end alone: a receiver
// stays until all that it was promised has come.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse | FileCheck %s

// Bins go to every CTA, 9 times 16 bytes to each; nothing follows that would make the CTAs wait for each other.
// CHECK-LABEL: llvm.func @list_kernel0(
// CHECK: %[[CAME:.*]] = adamas_gpu.shared_memory 288 at
// CHECK: %[[BINS:.*]] = adamas_gpu.shared_memory 132 at
// CHECK: %[[WARP:.*]] = arith.shrui %{{.*}}, %c5_i32
// CHECK: adamas_gpu.barrier_init %[[BARRIER:.*]] bytes 288
// CHECK: nvvm.cluster.arrive.relaxed {aligned}
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK: adamas_gpu.reduce_add %c1_i32, %{{.*}} : !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK: nvvm.cluster.wait {aligned}
// CHECK-NEXT: scf.for %{{.*}} to %c9_i32
// CHECK-NEXT: llvm.getelementptr %[[BINS]]
// CHECK-NEXT: %[[FOUR:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK-NEXT: %[[PLACE:.*]] = llvm.getelementptr
// CHECK-NEXT: %[[DATA0:.*]] = nvvm.mapa %[[PLACE]], %c0_i32
// CHECK-NEXT: %[[NOTE0:.*]] = nvvm.mapa %[[BARRIER]], %c0_i32
// CHECK-NEXT: adamas_gpu.store_async %[[FOUR]], %[[DATA0]], %[[NOTE0]]
// CHECK-NEXT: %[[DATA1:.*]] = nvvm.mapa %[[PLACE]], %c1_i32
// CHECK-NEXT: %[[NOTE1:.*]] = nvvm.mapa %[[BARRIER]], %c1_i32
// CHECK-NEXT: adamas_gpu.store_async %[[FOUR]], %[[DATA1]], %[[NOTE1]]
// CHECK-NEXT: }
// One warp waits for them, and all others for that warp.
// CHECK-NEXT: %[[LOOKS:.*]] = arith.cmpi eq, %[[WARP]], %c0_i32
// CHECK-NEXT: scf.if %[[LOOKS]] {
// CHECK-NEXT: adamas_gpu.barrier_wait %[[BARRIER]]
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// CHECK-NEXT: llvm.getelementptr %[[CAME]][144]
// CHECK-NOT: {{nvvm.cluster|nvvm.mapa|llvm.ptr<7>}}
// CHECK: llvm.return
func.func @list(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x2x8xi32> {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) bins 33 in cluster : tensor<?x2x?xi32>
    %t, %r = adamas.threshold %h need 7 in shared : tensor<?x2x2x33xi32>
    %i, %m = adamas.compact %d, %t, %r seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    adamas.yield %i : tensor<?x2x2x8xi32>
  } : tensor<?x2x2x8xi32>
  return %0 : tensor<?x2x2x8xi32>
}

// A need of 0 asks for no bins, but outputs go to the first CTA all the same.
// CHECK-LABEL: llvm.func @forced_kernel0(
// CHECK: adamas_gpu.barrier_init %[[BARRIER:.*]] bytes 264
// CHECK-NOT: adamas_gpu.barrier_init
// CHECK: nvvm.cluster.arrive.relaxed {aligned}
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK: nvvm.cluster.wait {aligned}
// CHECK: %[[OUTPUT:.*]] = nvvm.mapa %{{.*}}, %c0_i32
// CHECK-NEXT: %[[NOTE:.*]] = nvvm.mapa %[[BARRIER]], %c0_i32
// CHECK-NEXT: adamas_gpu.store_async %{{.*}}, %[[OUTPUT]], %[[NOTE]] : f32
// CHECK: adamas_gpu.store_async %{{.*}} : f32
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %{{.*}}, %c0_i32
// CHECK-NEXT: scf.if %[[FIRST]] {
// CHECK-NEXT: arith.cmpi eq, %{{.*}}, %c0_i32
// CHECK-NEXT: scf.if
// CHECK-NEXT: adamas_gpu.barrier_wait %[[BARRIER]]
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// CHECK-NOT: {{nvvm.cluster|nvvm.mapa|llvm.ptr<7>}}
// CHECK: llvm.return
// CHECK-LABEL: adamas_gpu.program @list
func.func @forced(%q: tensor<?x2x!adamas.codes<32, 1>>, %x: tensor<?x2x32xf32>, %k: tensor<?x2x?x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x32xf32> {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) bins 33 sink 2 in cluster : tensor<?x2x?xi32>
    %t, %r = adamas.threshold %h need 0 in shared : tensor<?x2x2x33xi32>
    %i, %m = adamas.compact %d, %t, %r seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) budget 3 sink 2 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    %o, %lse = adamas.partial_attention %x, %k, %k indices(%i, %m : tensor<?x2x2x3xi32>, tensor<?x2x2xi32>) in cluster : tensor<?x2x32xf32>, tensor<?x2x?x32xf32>
    %y, %z = adamas.merge_attention %o, %lse to f32 in global : tensor<?x2x2x32xf32>, tensor<?x2x2xf32>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  return %0 : tensor<?x2x32xf32>
}
