// A window of one eight a thread: the thread lists what is selected of its own eight tokens, so that no bits pass through shared memory and one
// barrier is enough, that of the prefix over the CTA. Where another window follows, a second one keeps its sums from coming too early. A
// window of two or four eights has bits, and a barrier of theirs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @one_kernel0(
// CHECK-DAG: %[[SUMS:.*]] = adamas_gpu.shared_memory 128 at 16
// CHECK-DAG: adamas_gpu.shared_memory 8 at 0
// CHECK-NOT: adamas_gpu.shared_memory
// CHECK: scf.for %[[START:.*]] = %{{.*}} to %[[END:.*]] step %c1024_i32
// CHECK-COUNT-8: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NOT: {{llvm.load|llvm.store|nvvm.barrier}}
// CHECK: arith.shli %c-1_i32,
// CHECK-NEXT: %[[FREE:.*]] = arith.andi
// CHECK-NEXT: %[[NEARER:.*]] = arith.andi %{{.*}}, %[[FREE]] : i32
// CHECK-NEXT: %[[TIES:.*]] = arith.andi %{{.*}}, %[[FREE]] : i32
// CHECK-NEXT: llvm.intr.ctpop(%[[NEARER]])
// CHECK-NEXT: llvm.intr.ctpop(%[[TIES]])
// CHECK-NOT: {{llvm.store|nvvm.barrier}}
// CHECK: llvm.getelementptr %[[SUMS]]
// CHECK-NEXT: llvm.store %{{.*}} : i32, !llvm.ptr<3>
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// CHECK-NOT: {{llvm.store|nvvm.barrier}}
// CHECK: %[[EITHER:.*]] = arith.ori %[[NEARER]], %[[TIES]]
// CHECK-NEXT: scf.while (%{{.*}} = %[[EITHER]])
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr<1>
// CHECK-NOT: {{llvm.store|nvvm.barrier}}
// CHECK: %[[FOLLOWING:.*]] = arith.addi %[[START]], %c1024_i32
// CHECK-NEXT: %[[MORE:.*]] = arith.cmpi slt, %[[FOLLOWING]], %[[END]]
// CHECK-NEXT: scf.if %[[MORE]] {
// CHECK-NEXT: nvvm.barrier
// CHECK-NEXT: }
// CHECK-NEXT: scf.yield
func.func @one(%h: tensor<?x2x1x33xi32>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> tensor<?x2x1x8xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, window = 1> {
    %t, %s = adamas.threshold %h need 3 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}

// CHECK-LABEL: llvm.func @two_kernel0(
// CHECK-DAG: %[[NEARER_BITS:.*]] = adamas_gpu.shared_memory 256 at 144
// CHECK-DAG: %[[TIE_BITS:.*]] = adamas_gpu.shared_memory 256 at 400
// CHECK-DAG: %[[SUMS:.*]] = adamas_gpu.shared_memory 128 at 16
// CHECK: scf.for %{{.*}} step %c2048_i32
// CHECK-COUNT-16: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NOT: llvm.load
// CHECK-COUNT-4: llvm.store %{{.*}} : i8, !llvm.ptr<3>
// CHECK-NEXT: nvvm.barrier
// Words of 32 tokens for half of the threads.
// CHECK-NEXT: %[[HAS_WORD:.*]] = arith.cmpi slt, %{{.*}}, %c64_i32
// CHECK-NEXT: scf.if %[[HAS_WORD]] -> (i32, i32) {
// CHECK-NEXT: llvm.getelementptr %[[NEARER_BITS]]
// CHECK: llvm.getelementptr %[[TIE_BITS]]
// CHECK: } else {
// CHECK-NEXT: scf.yield %c0_i32, %c0_i32
// CHECK-NOT: nvvm.barrier
// CHECK: llvm.getelementptr %[[SUMS]]
// CHECK-NEXT: llvm.store
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// CHECK-NOT: nvvm.barrier
// CHECK: scf.while
// CHECK-NOT: nvvm.barrier
// CHECK: scf.for
func.func @two(%h: tensor<?x2x1x33xi32>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> tensor<?x2x1x8xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, window = 2> {
    %t, %s = adamas.threshold %h need 3 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}

// CHECK-LABEL: llvm.func @four_kernel0(
// CHECK-DAG: adamas_gpu.shared_memory 512 at 144
// CHECK-DAG: adamas_gpu.shared_memory 512 at 656
// CHECK: scf.for %{{.*}} step %c4096_i32
// CHECK-COUNT-8: llvm.store %{{.*}} : i8, !llvm.ptr<3>
// CHECK-NEXT: nvvm.barrier
// CHECK-NOT: nvvm.barrier
// CHECK: nvvm.shfl.sync up
// CHECK: nvvm.barrier
// CHECK-NOT: nvvm.barrier
// CHECK: scf.while
// CHECK-NOT: nvvm.barrier
// CHECK: scf.for
// CHECK-LABEL: adamas_gpu.program @one
func.func @four(%h: tensor<?x2x1x33xi32>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> tensor<?x2x1x8xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 3 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}
