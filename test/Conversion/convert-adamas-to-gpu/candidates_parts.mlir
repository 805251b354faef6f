// Candidates divided into parts. Where every CTA has the whole list, it counts all that are free, those of parts before its own also in the
// upper halves of the sums, and those within its own part in its bins. In a cluster every CTA has a list of its own part, joined nearby, and
// sends all CTAs its distances, eight 16-bit ones a message, all ones where a slot does not count: they are fewer than the bins.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @whole_kernel0(
// CHECK: %[[SUMS:.*]] = adamas_gpu.shared_memory 144 at
// CHECK: %[[BINS:.*]] = adamas_gpu.shared_memory 132 at
// CHECK: %[[PART:.*]] = nvvm.read.ptx.sreg.ctaid.y
// CHECK: %[[FROM:.*]] = arith.muli %[[PART]],
// CHECK-NEXT: %[[BEGIN:.*]] = arith.minsi %[[FROM]],
// CHECK: %[[END:.*]] = arith.minsi
// CHECK: scf.for %{{.*}} to %c20_i32
// CHECK: %[[P:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: arith.cmpi sge, %[[P]],
// CHECK-NEXT: arith.cmpi slt, %[[P]],
// CHECK: %[[BIN:.*]] = arith.minui %{{.*}}, %c32_i32
// CHECK-NEXT: %[[BEFORE:.*]] = arith.cmpi slt, %[[P]], %[[BEGIN]]
// CHECK-NEXT: %[[ONE:.*]] = arith.select %[[BEFORE]], %c65537_i32, %c1_i32
// CHECK-NEXT: %[[SUM:.*]] = llvm.getelementptr %[[SUMS]][%[[BIN]]]
// CHECK-NEXT: adamas_gpu.reduce_add %[[ONE]], %[[SUM]] : !llvm.ptr<3>
// CHECK-NEXT: %[[AFTER_BEGIN:.*]] = arith.cmpi sge, %[[P]], %[[BEGIN]]
// CHECK-NEXT: %[[BEFORE_END:.*]] = arith.cmpi slt, %[[P]], %[[END]]
// CHECK-NEXT: %[[MINE:.*]] = arith.andi %[[AFTER_BEGIN]], %[[BEFORE_END]]
// CHECK-NEXT: scf.if %[[MINE]] {
// CHECK-NEXT: %[[OWN:.*]] = llvm.getelementptr %[[BINS]][%[[BIN]]]
// CHECK-NEXT: adamas_gpu.reduce_add %c1_i32, %[[OWN]] : !llvm.ptr<3>
// The selection takes positions in [max(low, begin), min(high, end)).
// CHECK: nvvm.redux.sync
// CHECK: %[[COMPACT_FROM:.*]] = arith.muli %[[PART]],
// CHECK-NEXT: %[[COMPACT_BEGIN:.*]] = arith.minsi %[[COMPACT_FROM]],
// CHECK: %[[COMPACT_END:.*]] = arith.minsi
// CHECK-NEXT: %[[LOW:.*]] = arith.minsi
// CHECK: %[[HIGH:.*]] = arith.maxsi %{{.*}}, %[[LOW]]
// CHECK-NEXT: %[[FIRST_FREE:.*]] = arith.maxsi %[[LOW]], %[[COMPACT_BEGIN]]
// CHECK-NEXT: %[[END_FREE:.*]] = arith.minsi %[[HIGH]], %[[COMPACT_END]]
// CHECK: arith.cmpi slt, %[[LISTED:.*]], %[[FIRST_FREE]]
// CHECK-NEXT: arith.cmpi sge, %[[LISTED]], %[[END_FREE]]
func.func @whole(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>, %l: tensor<?x2x20xi32>) -> tensor<?x2x2x8xi32> {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c candidates(%l : tensor<?x2x20xi32>) in shared : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) candidates(%l : tensor<?x2x20xi32>) bins 33 in shared : tensor<?x2x20xi32>
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x2x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) candidates(%l : tensor<?x2x20xi32>) budget 8 in global : tensor<?x2x20xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    adamas.yield %i : tensor<?x2x2x8xi32>
  } : tensor<?x2x2x8xi32>
  return %0 : tensor<?x2x2x8xi32>
}

// CHECK-LABEL: llvm.func @joined_kernel0(
// CHECK: %[[PART:.*]] = arith.remui %{{.*}}, %c2_i32
// CHECK: adamas_gpu.barrier_init %{{.*}} bytes 288
// CHECK: adamas_gpu.barrier_init %[[CAME:.*]] bytes 64
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.cluster.arrive {aligned}
// CHECK-NOT: nvvm.cluster.arrive
// CHECK: nvvm.cluster.wait {aligned}
// CHECK-NOT: nvvm.cluster
// CHECK: scf.for %[[CHUNK:.*]] = %{{.*}} to %c2_i32 step %c128_i32
// CHECK: %[[D:.*]] = arith.minui %{{.*}}, %c32_i32
// CHECK: %[[COUNTS:.*]] = arith.andi %{{.*}}, %{{.*}} : i1
// CHECK: arith.select %{{.*}}, %[[D]], %c65535_i32
// CHECK-COUNT-4: llvm.insertelement
// CHECK: %[[FROM:.*]] = arith.muli %[[PART]], %c2_i32
// CHECK-NEXT: %[[MESSAGE:.*]] = arith.addi %[[FROM]], %[[CHUNK]]
// CHECK-NEXT: %[[TO:.*]] = llvm.getelementptr %[[ALL:.*]][%[[MESSAGE]]]
// CHECK-NEXT: %[[DATA0:.*]] = nvvm.mapa %[[TO]], %c0_i32
// CHECK-NEXT: %[[NOTE0:.*]] = nvvm.mapa %[[CAME]], %c0_i32
// CHECK-NEXT: adamas_gpu.store_async %[[EIGHT:.*]], %[[DATA0]], %[[NOTE0]] : vector<4xi32>,
// CHECK-NEXT: %[[DATA1:.*]] = nvvm.mapa %[[TO]], %c1_i32
// CHECK-NEXT: %[[NOTE1:.*]] = nvvm.mapa %[[CAME]], %c1_i32
// CHECK-NEXT: adamas_gpu.store_async %[[EIGHT]], %[[DATA1]], %[[NOTE1]] : vector<4xi32>,
// CHECK: adamas_gpu.barrier_wait %[[CAME]]
// CHECK: scf.for %[[ANY:.*]] = %{{.*}} to %c4_i32 step %c128_i32
// CHECK-NEXT: %[[SENDER:.*]] = arith.divui %[[ANY]], %c2_i32
// CHECK: %[[BEFORE:.*]] = arith.cmpi slt, %[[SENDER]], %[[PART]]
// CHECK-NEXT: %[[MINE:.*]] = arith.cmpi eq, %[[SENDER]], %[[PART]]
// CHECK: %[[ONE:.*]] = arith.select %[[BEFORE]], %c65537_i32, %c1_i32
// CHECK: adamas_gpu.reduce_add %[[ONE]], %{{.*}} : !llvm.ptr<3>
// CHECK-NEXT: scf.if %[[MINE]] {
// CHECK: adamas_gpu.reduce_add %c1_i32, %{{.*}} : !llvm.ptr<3>
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK: llvm.return
func.func @joined(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x2x8xi32> {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) bins 33 in cluster : tensor<?x2x?xi32>
    %t, %s = adamas.threshold %h need 15 in shared : tensor<?x2x2x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) budget 16 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    %l, %k = adamas.join %i, %m in cluster : tensor<?x2x2x16xi32>, tensor<?x2x2xi32>
    %e = adamas.l1_distance %q, %c candidates(%l : tensor<?x2x16xi32>) in cluster : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %g = adamas.histogram %e seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) candidates(%l : tensor<?x2x16xi32>) bins 33 in cluster : tensor<?x2x16xi32>
    %u, %r = adamas.threshold %g need 7 in shared : tensor<?x2x2x33xi32>
    %j, %o = adamas.compact %e, %u, %r seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) candidates(%l : tensor<?x2x16xi32>) budget 8 in global : tensor<?x2x16xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    adamas.yield %j : tensor<?x2x2x8xi32>
  } : tensor<?x2x2x8xi32>
  return %0 : tensor<?x2x2x8xi32>
}
