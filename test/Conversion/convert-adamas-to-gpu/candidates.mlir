// ref-1, ref-2: slots of a list are measured, by whole warps. A position outside the cache is read inside it, and a padded slot gets -1,
// all ones in 16 bits. The histogram counts slots whose position is free.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @listed_kernel0(
// CHECK-DAG: %[[BINS:.*]] = adamas_gpu.shared_memory 144 at
// CHECK-DAG: %[[STORED:.*]] = adamas_gpu.shared_memory 48 at
// CHECK: %[[CAPPED_SLOT:.*]] = arith.minsi %[[MINE:.*]], %c19_i32
// CHECK-NEXT: %[[SLOT:.*]] = arith.maxsi %[[CAPPED_SLOT]], %c0_i32
// CHECK-NEXT: %[[AT:.*]] = llvm.getelementptr %{{.*}}[%[[SLOT]]]
// CHECK: %[[POSITION:.*]] = llvm.load %[[AT]] : !llvm.ptr<1> -> i32
// CHECK: %[[LAST:.*]] = arith.subi %{{.*}}, %c1_i32
// CHECK-NEXT: %[[CAPPED:.*]] = arith.minsi %[[POSITION]], %[[LAST]]
// CHECK-NEXT: arith.maxsi %[[CAPPED]], %c0_i32
// The codes of both slots of a thread travel while the bins are cleared, in whole vectors.
// CHECK: %[[KEY:.*]] = adamas_gpu.load read_only
// CHECK: adamas_gpu.load read_only
// CHECK-NOT: {{llvm.intr.ctpop|nvvm.barrier}}
// CHECK: scf.for %[[CLEARED:.*]] = %{{.*}} to %c9_i32 step %c128_i32
// CHECK-NEXT: llvm.getelementptr %[[BINS]][%[[CLEARED]]]
// CHECK-NEXT: llvm.store %cst, %{{.*}} : vector<4xi32>, !llvm.ptr<3>
// CHECK: %[[DIFFERENT:.*]] = arith.xori %[[KEY]],
// CHECK-NEXT: %[[D:.*]] = llvm.intr.ctpop(%[[DIFFERENT]])
// CHECK: %[[LISTED:.*]] = arith.cmpi slt, %[[MINE]], %c20_i32
// CHECK-NEXT: scf.if %[[LISTED]] {
// CHECK: %[[PADDED:.*]] = arith.cmpi slt, %[[POSITION]], %c0_i32
// CHECK: %[[GIVEN:.*]] = arith.select %[[PADDED]], %c-1_i32, %[[D]]
// CHECK: %[[NARROW:.*]] = arith.trunci %[[GIVEN]] : i32 to i16
// CHECK-NEXT: %[[KEPT_AT:.*]] = llvm.getelementptr %[[STORED]][%[[MINE]]]
// CHECK-NEXT: llvm.store %[[NARROW]], %[[KEPT_AT]] : i16, !llvm.ptr<3>
// One barrier shows distances and cleared bins to all; there are no steps beyond the first.
// CHECK-NOT: scf.for
// CHECK: nvvm.barrier
// CHECK-NOT: nvvm.barrier
// CHECK: scf.for %[[COUNTED:.*]] = %{{.*}} to %c20_i32 step %c128_i32
// CHECK: %[[P:.*]] = llvm.load
// CHECK: arith.cmpi sge, %[[P]],
// CHECK: arith.cmpi slt, %[[P]],
// CHECK: %[[BIN:.*]] = arith.minui %{{.*}}, %c32_i32
// CHECK: %[[TO:.*]] = llvm.getelementptr %[[BINS]][%[[BIN]]]
// CHECK: adamas_gpu.reduce_add %c1_i32, %[[TO]] : !llvm.ptr<3>
// CHECK: nvvm.barrier
// The selection takes 16-bit distances eight at a time, up to the list's 20 slots: they are one window, without a loop.
// CHECK-NOT: scf.for
// CHECK: %[[EIGHT:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK-NOT: llvm.load %{{.*}} {alignment = 16 : i64}
// CHECK: llvm.extractelement %[[EIGHT]][%c0_i32 : i32]
// CHECK: %[[LEFT:.*]] = arith.subi %c20_i32, %[[BEGIN:.*]] :
// CHECK-NEXT: arith.minsi %[[LEFT]], %c8_i32
// CHECK: %[[BITS:.*]] = arith.subi %{{.*}}, %c1_i32
// A list ascends, and its padding counts as the last of all: where the first of the eight and the last may be taken, all of them may. Else
// a slot whose position is forced, or padding, loses its bit.
// CHECK-NEXT: %[[SEVENTH:.*]] = arith.addi %[[BEGIN]], %c7_i32
// CHECK-NEXT: arith.minsi %[[SEVENTH]], %c19_i32
// CHECK: %[[LAST_AT:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: arith.minsi %[[BEGIN]], %c19_i32
// CHECK: %[[FIRST_AT:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[LATE:.*]] = arith.cmpi uge, %[[LAST_AT]], %[[END_FREE:.*]] :
// CHECK-NEXT: %[[EARLY:.*]] = arith.cmpi slt, %[[FIRST_AT]], %[[FIRST_FREE:.*]] :
// CHECK-NEXT: %[[MIXED:.*]] = arith.ori %[[EARLY]], %[[LATE]]
// CHECK-NEXT: %[[FREE:.*]] = scf.if %[[MIXED]] -> (i32) {
// CHECK-NEXT: %[[LISTED_AT:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[OLDER:.*]] = arith.cmpi slt, %[[LISTED_AT]], %[[FIRST_FREE]]
// CHECK-NEXT: %[[NEWER:.*]] = arith.cmpi sge, %[[LISTED_AT]], %[[END_FREE]]
// CHECK-NEXT: %[[NOT_FREE:.*]] = arith.ori %[[OLDER]], %[[NEWER]]
// CHECK-NEXT: %[[WITHOUT:.*]] = arith.andi %[[BITS]], %c-2_i32
// CHECK-NEXT: arith.select %[[NOT_FREE]], %[[WITHOUT]], %[[BITS]]
// CHECK-COUNT-7: arith.select
// CHECK-NOT: arith.select
// CHECK: } else {
// CHECK-NEXT: scf.yield %[[BITS]]
// A thread lists what is selected of its own eight: no bits go through shared memory. What is listed are positions, not slots.
// CHECK-NOT: {{nvvm.barrier|llvm.store}}
// CHECK: %[[NEARER:.*]] = arith.andi %{{.*}}, %[[FREE]] : i32
// CHECK-NEXT: %[[TIES:.*]] = arith.andi %{{.*}}, %[[FREE]] : i32
// CHECK-NEXT: llvm.intr.ctpop(%[[NEARER]])
// CHECK-NEXT: llvm.intr.ctpop(%[[TIES]])
// CHECK: nvvm.barrier
// CHECK-NOT: nvvm.barrier
// CHECK-NOT: scf.for
// CHECK: arith.andi %{{.*}}, %c65535_i32
// CHECK: %[[EITHER:.*]] = arith.ori %[[NEARER]], %[[TIES]]
// CHECK-NEXT: scf.while (%{{.*}} = %[[EITHER]])
// CHECK: %[[CHOSEN:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: llvm.getelementptr
// CHECK-NEXT: llvm.store %[[CHOSEN]], %{{.*}} : i32, !llvm.ptr<1>
func.func @listed(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>, %l: tensor<?x2x20xi32>) -> tensor<?x2x1x8xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c candidates(%l : tensor<?x2x20xi32>) in shared : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x2x20xi32>) bins 33 in shared : tensor<?x2x20xi32>
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x2x20xi32>) budget 8 in global : tensor<?x2x20xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}
