// A window of tokens at a time: each is nearer than the threshold, at it or neither, a bit each in shared memory, forced tokens none. Then
// a thread takes 32 neighbours, knows from a prefix sum where its own go, and lists those whose bit is set; of ties, those from `skip` on,
// so the newest. Sinks come first, recent tokens last, and -1 pads the list.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @select_kernel0(
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x
// CHECK-DAG: %[[FOUND:.*]] = adamas_gpu.shared_memory 8 at 0
// CHECK-DAG: %[[NEARER_BITS:.*]] = adamas_gpu.shared_memory 512 at 144
// CHECK-DAG: %[[TIE_BITS:.*]] = adamas_gpu.shared_memory 512 at 656
// CHECK: %[[THRESHOLD:.*]] = llvm.load %[[FOUND]] : !llvm.ptr<3> -> i32
// CHECK-NEXT: llvm.getelementptr
// CHECK-NEXT: %[[SKIP:.*]] = llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK: %[[TOTALS:.*]]:2 = scf.for %[[START:.*]] = %[[ALIGNED:.*]] to %[[END:.*]] step %c4096_i32 iter_args(%[[NEAR_BEFORE:.*]] = %c0_i32, %[[TIES_BEFORE:.*]] = %c0_i32)
// A caller's distances are read one by one, none beyond the last.
// CHECK-COUNT-32: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NOT: llvm.load
// CHECK: arith.cmpi slt, %[[D:.*]], %[[THRESHOLD]]
// CHECK: arith.cmpi eq, %[[D]], %[[THRESHOLD]]
// CHECK: arith.shli %{{.*}}, %c7_i32
// CHECK: %[[FREE:.*]] = arith.andi
// CHECK-NEXT: %[[NEAR8:.*]] = arith.andi %{{.*}}, %[[FREE]] : i32
// CHECK-NEXT: %[[NEAR_BYTE:.*]] = arith.trunci %[[NEAR8]] : i32 to i8
// CHECK-NEXT: %[[NEAR_AT:.*]] = llvm.getelementptr %[[NEARER_BITS]]
// CHECK-NEXT: llvm.store %[[NEAR_BYTE]], %[[NEAR_AT]] : i8
// CHECK-NEXT: %[[TIES8:.*]] = arith.andi %{{.*}}, %[[FREE]] : i32
// CHECK-NEXT: %[[TIE_BYTE:.*]] = arith.trunci %[[TIES8]] : i32 to i8
// CHECK-NEXT: %[[TIE_AT:.*]] = llvm.getelementptr %[[TIE_BITS]]
// CHECK-NEXT: llvm.store %[[TIE_BYTE]], %[[TIE_AT]] : i8
// CHECK-COUNT-6: llvm.store %{{.*}} : i8
// CHECK-NEXT: nvvm.barrier
// CHECK-NEXT: llvm.getelementptr %[[NEARER_BITS]][%[[THREAD]]]
// CHECK-NEXT: %[[NEARER:.*]] = llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK-NEXT: llvm.getelementptr %[[TIE_BITS]][%[[THREAD]]]
// CHECK-NEXT: %[[TIES:.*]] = llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK-NEXT: %[[FIRST:.*]] = arith.shli %[[THREAD]], %c5_i32
// CHECK-NEXT: %[[FIRST_TOKEN:.*]] = arith.addi %[[START]], %[[FIRST]]
// CHECK-NEXT: %[[NEAR_COUNT:.*]] = llvm.intr.ctpop(%[[NEARER]])
// CHECK-NEXT: %[[TIE_COUNT:.*]] = llvm.intr.ctpop(%[[TIES]])
// CHECK-NEXT: %[[HIGH:.*]] = arith.shli %[[TIE_COUNT]], %c16_i32
// CHECK-NEXT: arith.addi %[[NEAR_COUNT]], %[[HIGH]]
// CHECK: nvvm.shfl.sync up
// One barrier between the warps' sums and their use; the bits' barrier lies between this window's sums and the next one's.
// CHECK-NOT: nvvm.barrier
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr<3>
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// CHECK-NOT: nvvm.barrier
// CHECK: nvvm.redux.sync
// CHECK-NEXT: %[[PACKED:.*]] = arith.addi
// CHECK-NEXT: nvvm.redux.sync
// CHECK-NEXT: %[[LOW:.*]] = arith.andi %[[PACKED]], %c65535_i32
// CHECK-NEXT: arith.addi %[[NEAR_BEFORE]], %[[LOW]]
// CHECK-NEXT: %[[UPPER:.*]] = arith.shrui %[[PACKED]], %c16_i32
// CHECK-NEXT: arith.addi %[[TIES_BEFORE]], %[[UPPER]]
// CHECK-NOT: nvvm.barrier
// CHECK: %[[EITHER:.*]] = arith.ori %[[NEARER]], %[[TIES]]
// CHECK-NEXT: scf.while (%{{.*}} = %[[EITHER]])
// CHECK: ^bb0(%[[LEFT:.*]]: i32):
// CHECK-NEXT: %[[LESS:.*]] = arith.subi %[[LEFT]], %c1_i32
// CHECK-NEXT: %[[REST:.*]] = arith.andi %[[LEFT]], %[[LESS]]
// CHECK-NEXT: %[[BIT:.*]] = arith.xori %[[LEFT]], %[[REST]]
// CHECK-NEXT: %[[BELOW:.*]] = arith.subi %[[BIT]], %c1_i32
// CHECK: %[[TIE:.*]] = arith.addi
// CHECK: arith.subi %[[TIE]], %[[SKIP]]
// CHECK: arith.andi %[[NEARER]], %[[BIT]]
// CHECK: arith.cmpi sge, %[[TIE]], %[[SKIP]]
// CHECK: arith.cmpi slt, %[[PLACE:.*]], %c8_i32
// CHECK: scf.if
// CHECK-NEXT: %[[WHICH:.*]] = llvm.intr.ctpop(%[[BELOW]])
// CHECK-NEXT: %[[TOKEN:.*]] = arith.addi %[[FIRST_TOKEN]], %[[WHICH]]
// CHECK-NEXT: %[[AT:.*]] = llvm.getelementptr %{{.*}}[%[[PLACE]]]
// CHECK-NEXT: llvm.store %[[TOKEN]], %[[AT]] : i32, !llvm.ptr<1>
// CHECK: scf.yield %[[REST]]
// CHECK-NOT: nvvm.barrier
// Sinks, recent tokens behind what is taken, padding, and the length.
// CHECK: arith.subi %[[TOTALS]]#1, %[[SKIP]]
// CHECK: scf.for %[[SINK:.*]] = %[[THREAD]] to
// CHECK-NEXT: llvm.getelementptr
// CHECK-NEXT: llvm.store %[[SINK]], %{{.*}} : i32, !llvm.ptr<1>
// CHECK: arith.subi %c8_i32, %[[AFTER:.*]] : i32
// CHECK-NEXT: arith.maxsi
// CHECK-NEXT: arith.minsi
// CHECK-NEXT: scf.for
// CHECK: llvm.store
// CHECK: %[[SUM:.*]] = arith.addi %[[AFTER]], %{{.*}} : i32
// CHECK-NEXT: %[[LENGTH:.*]] = arith.minsi %[[SUM]], %c8_i32
// CHECK: scf.for
// CHECK: llvm.store %c-1_i32, %{{.*}} : i32, !llvm.ptr<1>
// CHECK: scf.if
// CHECK: llvm.store %[[LENGTH]], %{{.*}} : i32, !llvm.ptr<1>
// CHECK: nvvm.barrier
// CHECK-NEXT: llvm.return
func.func @select(%h: tensor<?x2x1x33xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> (tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 3 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 sink 2 recent 3 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  } : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  return %0#0, %0#1 : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
}
