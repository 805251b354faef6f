// Candidates divided into parts. Where every CTA has the whole list, it counts all that are free in sums, those of parts before its own also
// in their upper halves: that is all a threshold needs, so there are no bins of its own. In a cluster every CTA has a list of its own part,
// joined nearby, and sends all CTAs its distances, eight 16-bit ones a message, all ones where a slot does not count: they are fewer than
// the bins.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @whole_kernel0(
// CHECK-NOT: adamas_gpu.shared_memory 1{{(32|44)}} at
// CHECK: %[[SUMS:.*]] = adamas_gpu.shared_memory 144 at
// CHECK-NOT: adamas_gpu.shared_memory 1{{(32|44)}} at
// CHECK: %[[PART:.*]] = nvvm.read.ptx.sreg.ctaid.y
// CHECK: %[[FROM:.*]] = arith.muli %[[PART]],
// CHECK-NEXT: %[[BEGIN:.*]] = arith.minsi %[[FROM]],
// CHECK: scf.for %{{.*}} to %c20_i32
// CHECK: %[[P:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: arith.cmpi sge, %[[P]],
// CHECK-NEXT: arith.cmpi slt, %[[P]],
// CHECK: %[[BIN:.*]] = arith.minui %{{.*}}, %c32_i32
// CHECK-NEXT: %[[BEFORE:.*]] = arith.cmpi slt, %[[P]], %[[BEGIN]]
// CHECK-NEXT: %[[ONE:.*]] = arith.select %[[BEFORE]], %c65537_i32, %c1_i32
// CHECK-NEXT: %[[SUM:.*]] = llvm.getelementptr %[[SUMS]][%[[BIN]]]
// CHECK-NEXT: adamas_gpu.reduce_add %[[ONE]], %[[SUM]] : !llvm.ptr<3>
// CHECK-NOT: adamas_gpu.reduce_add
// What parts before this one have of the ties is in the upper half of the sum, and is taken off what is too much.
// CHECK: %[[OLDER_TIES:.*]] = arith.shrui %{{.*}}, %c16_i32
// CHECK-NEXT: llvm.store
// CHECK-NEXT: %[[TOO_MUCH:.*]] = arith.subi %{{.*}}, %c7_i32
// CHECK-NEXT: %[[LEFT:.*]] = arith.subi %[[TOO_MUCH]], %[[OLDER_TIES]]
// CHECK-NEXT: %[[SKIP:.*]] = arith.maxsi %[[LEFT]], %c0_i32
// CHECK-NEXT: llvm.getelementptr
// CHECK-NEXT: llvm.store %[[SKIP]],
// The selection takes positions in [max(low, begin), min(high, end)).
// CHECK: %[[COMPACT_FROM:.*]] = arith.muli %[[PART]],
// CHECK-NEXT: %[[COMPACT_BEGIN:.*]] = arith.minsi %[[COMPACT_FROM]],
// CHECK: %[[COMPACT_END:.*]] = arith.minsi
// CHECK-NEXT: %[[LOW:.*]] = arith.minsi
// CHECK: %[[HIGH:.*]] = arith.maxsi %{{.*}}, %[[LOW]]
// CHECK-NEXT: %[[FIRST_FREE:.*]] = arith.maxsi %[[LOW]], %[[COMPACT_BEGIN]]
// CHECK-NEXT: %[[END_FREE:.*]] = arith.minsi %[[HIGH]], %[[COMPACT_END]]
// CHECK: arith.cmpi uge, %{{.*}}, %[[END_FREE]]
// CHECK: arith.cmpi slt, %{{.*}}, %[[FIRST_FREE]]
// CHECK: scf.if
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
// CHECK: %[[ALL:.*]] = adamas_gpu.shared_memory 64 at
// CHECK-NEXT: %[[SUMS:.*]] = adamas_gpu.shared_memory 144 at
// CHECK-NEXT: %[[DISTANCES:.*]] = adamas_gpu.shared_memory 32 at
// CHECK: %[[LIST:.*]] = adamas_gpu.shared_memory 64 at
// CHECK: %[[PART:.*]] = arith.remui %{{.*}}, %c2_i32
// CHECK: adamas_gpu.barrier_init %{{.*}} bytes 288
// CHECK: adamas_gpu.barrier_init %[[CAME:.*]] bytes 64
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.cluster.arrive.relaxed {aligned}
// CHECK-NOT: nvvm.cluster.arrive
// CHECK: nvvm.cluster.wait {aligned}
// CHECK-NOT: nvvm.cluster
// CHECK: adamas_gpu.barrier_wait
// A part's list may be empty: then there are no codes to load.
// CHECK: scf.while
// CHECK: nvvm.barrier
// CHECK-NEXT: arith.subi %[[LENGTH:.*]], %c1_i32
// CHECK-NEXT: %[[SOME:.*]] = arith.cmpi sgt, %[[LENGTH]], %c0_i32
// CHECK-NOT: adamas_gpu.load
// CHECK: scf.if %[[SOME]] -> (i32, i32) {
// CHECK-COUNT-2: adamas_gpu.load read_only
// CHECK: } else {
// CHECK-NEXT: scf.yield %c0_i32, %c0_i32
// CHECK: llvm.getelementptr %[[SUMS]]
// CHECK-NEXT: llvm.store %{{.*}} : vector<4xi32>, !llvm.ptr<3>
// CHECK: nvvm.barrier
// Nothing to count is all ones; where the first of eight slots and the last count, all do, and go as they are stored; else each is looked at.
// CHECK: scf.for %[[CHUNK:.*]] = %{{.*}} to %c2_i32 step %c128_i32
// CHECK-NEXT: %[[FIRST:.*]] = arith.muli %[[CHUNK]], %c8_i32
// CHECK-NEXT: %[[ANY:.*]] = arith.cmpi slt, %[[FIRST]], %[[LENGTH]]
// CHECK-NEXT: %[[EIGHT:.*]] = scf.if %[[ANY]] -> (vector<4xi32>) {
// CHECK-NEXT: %[[END:.*]] = arith.addi %[[FIRST]], %c8_i32
// CHECK-NEXT: %[[SEVENTH:.*]] = arith.addi %[[FIRST]], %c7_i32
// CHECK-NEXT: arith.minsi %[[SEVENTH]],
// CHECK: llvm.getelementptr %[[LIST]]
// CHECK-NEXT: %[[P7:.*]] = llvm.load
// CHECK-NEXT: arith.minsi %[[FIRST]],
// CHECK-NEXT: llvm.getelementptr %[[LIST]]
// CHECK-NEXT: %[[P0:.*]] = llvm.load
// CHECK-NEXT: %[[LATE:.*]] = arith.cmpi uge, %[[P7]], %[[HIGH:.*]] :
// CHECK-NEXT: %[[EARLY:.*]] = arith.cmpi slt, %[[P0]], %[[LOW:.*]] :
// CHECK-NEXT: %[[OUTSIDE:.*]] = arith.ori %[[EARLY]], %[[LATE]]
// CHECK-NEXT: llvm.getelementptr %[[DISTANCES]][%[[FIRST]]]
// CHECK-NEXT: %[[STORED:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK-NEXT: %[[SHORT:.*]] = arith.cmpi slt, %[[LENGTH]], %[[END]]
// CHECK-NEXT: %[[MIXED:.*]] = arith.ori %[[SHORT]], %[[OUTSIDE]]
// CHECK-NEXT: scf.if %[[MIXED]] -> (vector<4xi32>) {
// CHECK: %[[D:.*]] = arith.minui %{{.*}}, %c32_i32
// CHECK-NEXT: arith.cmpi sge, %[[P:.*]], %[[LOW]]
// CHECK-NEXT: arith.cmpi slt, %[[P]], %[[HIGH]]
// CHECK: %[[COUNTS:.*]] = arith.andi %{{.*}}, %{{.*}} : i1
// CHECK: arith.select %{{.*}}, %[[D]], %c65535_i32
// CHECK-COUNT-4: llvm.insertelement
// CHECK: } else {
// CHECK-NEXT: scf.yield %[[STORED]]
// CHECK: } else {
// CHECK-NEXT: scf.yield %cst
// CHECK: %[[FROM:.*]] = arith.muli %[[PART]], %c2_i32
// CHECK-NEXT: %[[MESSAGE:.*]] = arith.addi %[[FROM]], %[[CHUNK]]
// CHECK-NEXT: %[[TO:.*]] = llvm.getelementptr %[[ALL]][%[[MESSAGE]]]
// CHECK-NEXT: %[[DATA0:.*]] = nvvm.mapa %[[TO]], %c0_i32
// CHECK-NEXT: %[[NOTE0:.*]] = nvvm.mapa %[[CAME]], %c0_i32
// CHECK-NEXT: adamas_gpu.store_async %[[EIGHT]], %[[DATA0]], %[[NOTE0]] : vector<4xi32>,
// CHECK-NEXT: %[[DATA1:.*]] = nvvm.mapa %[[TO]], %c1_i32
// CHECK-NEXT: %[[NOTE1:.*]] = nvvm.mapa %[[CAME]], %c1_i32
// CHECK-NEXT: adamas_gpu.store_async %[[EIGHT]], %[[DATA1]], %[[NOTE1]] : vector<4xi32>,
// CHECK: adamas_gpu.barrier_wait %[[CAME]]
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// The first messages of all parts, then the second ones. All ones is nothing; else eight distances, of which those of parts before this one
// count in both halves.
// CHECK: scf.for %[[INDEX:.*]] = %{{.*}} to %c4_i32 step %c128_i32
// CHECK-NEXT: %[[SENDER:.*]] = arith.remui %[[INDEX]], %c2_i32
// CHECK-NEXT: %[[NUMBER:.*]] = arith.divui %[[INDEX]], %c2_i32
// CHECK-NEXT: %[[OF_SENDER:.*]] = arith.muli %[[SENDER]], %c2_i32
// CHECK-NEXT: %[[WHERE:.*]] = arith.addi %[[OF_SENDER]], %[[NUMBER]]
// CHECK-NEXT: llvm.getelementptr %[[ALL]][%[[WHERE]]]
// CHECK-NEXT: %[[GOT:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK-NEXT: %[[BEFORE:.*]] = arith.cmpi slt, %[[SENDER]], %[[PART]]
// CHECK: %[[HOLDS:.*]] = arith.cmpi ne, %{{.*}}, %c-1_i32
// CHECK-NEXT: scf.if %[[HOLDS]] {
// CHECK: arith.cmpi ne, %[[HALF:.*]], %c65535_i32
// CHECK-NEXT: scf.if
// CHECK-NEXT: %[[BIN:.*]] = arith.minsi %[[HALF]], %c32_i32
// CHECK-NEXT: %[[ONE:.*]] = arith.select %[[BEFORE]], %c65537_i32, %c1_i32
// CHECK-NEXT: %[[SUM:.*]] = llvm.getelementptr %[[SUMS]][%[[BIN]]]
// CHECK-NEXT: adamas_gpu.reduce_add %[[ONE]], %[[SUM]] : !llvm.ptr<3>
// CHECK-COUNT-7: adamas_gpu.reduce_add %{{.*}} : !llvm.ptr<3>
// CHECK-NOT: adamas_gpu.reduce_add
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
