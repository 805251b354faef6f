// More than four bins a thread are summed in a loop, and read again by the one thread that the need falls into.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @four_a_thread_kernel0(
// CHECK-NOT: scf.for
// CHECK: nvvm.shfl.sync up

// CHECK-LABEL: llvm.func @many_kernel0(
// CHECK-DAG: %[[FOUND:.*]] = adamas_gpu.shared_memory 8 at 0
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %c24_i32
// CHECK: %[[NEXT:.*]] = arith.addi %[[FIRST]], %c24_i32
// CHECK-NEXT: %[[END:.*]] = arith.minsi %[[NEXT]], %c3000_i32
// CHECK-NEXT: %[[MINE:.*]] = scf.for %[[BIN:.*]] = %[[FIRST]] to %[[END]] step %c1_i32 iter_args(%[[SUM:.*]] = %c0_i32)
// CHECK-NEXT: llvm.getelementptr %{{.*}}[%[[BIN]]]
// CHECK-NEXT: %[[COUNT:.*]] = llvm.load
// CHECK-NEXT: %[[MORE:.*]] = arith.addi %[[SUM]], %[[COUNT]]
// CHECK-NEXT: scf.yield %[[MORE]]
// CHECK: nvvm.redux.sync
// CHECK-NEXT: %[[BEFORE:.*]] = arith.addi
// CHECK-NEXT: %[[TOTAL:.*]] = nvvm.redux.sync
// CHECK: arith.cmpi slt, %[[TOTAL]], %c7_i32
// CHECK: scf.if
// CHECK-NEXT: llvm.store %c2999_i32, %[[FOUND]]
// CHECK: %[[AFTER:.*]] = arith.addi %[[BEFORE]], %[[MINE]]
// CHECK-NEXT: arith.cmpi sge, %[[AFTER]], %c7_i32
// CHECK: scf.if
// CHECK: %[[UPTO:.*]] = arith.addi %[[BEFORE]], %{{.*}}
// CHECK-NEXT: %[[AT:.*]]:2 = scf.while (%{{.*}} = %[[FIRST]], %{{.*}} = %[[UPTO]])
// CHECK-NEXT: arith.cmpi slt, %{{.*}}, %c7_i32
// CHECK: llvm.store %[[AT]]#0, %[[FOUND]]
// CHECK-NEXT: %[[BEYOND:.*]] = arith.subi %[[AT]]#1, %c7_i32
// CHECK-NEXT: %[[LEFT_OUT:.*]] = arith.maxsi %[[BEYOND]], %c0_i32
// CHECK-NEXT: llvm.getelementptr
// CHECK-NEXT: llvm.store %[[LEFT_OUT]],
// CHECK: nvvm.barrier
// CHECK-NEXT: llvm.load %[[FOUND]]
func.func @four_a_thread(%h: tensor<?x2x1x512xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> (tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x1x512xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  } : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  return %0#0, %0#1 : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
}

func.func @many(%h: tensor<?x2x1x3000xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> (tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x1x3000xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  } : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  return %0#0, %0#1 : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
}
