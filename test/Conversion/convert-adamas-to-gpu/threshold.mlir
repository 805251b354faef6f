// sel-6: every thread sums bins that follow each other, a prefix over the CTA tells whose bins the need falls into, and that thread finds
// the bin. Too few tokens: the last bin. A need of 0 takes no token, and no histogram is read.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @some_kernel0(
// CHECK-DAG: %[[FOUND:.*]] = adamas_gpu.shared_memory 8 at 0
// CHECK-DAG: adamas_gpu.shared_memory 128 at 16
// CHECK: %[[MINE:.*]] = scf.for %{{.*}} iter_args(%{{.*}} = %c0_i32)
// CHECK: nvvm.shfl.sync up
// CHECK: nvvm.barrier
// CHECK: nvvm.redux.sync
// CHECK-NEXT: %[[BEFORE:.*]] = arith.addi
// CHECK-NEXT: %[[TOTAL:.*]] = nvvm.redux.sync
// CHECK: %[[FEW:.*]] = arith.cmpi slt, %[[TOTAL]], %c7_i32
// CHECK: scf.if
// CHECK: llvm.store %c32_i32, %[[FOUND]]
// CHECK: arith.cmpi slt, %[[BEFORE]], %c7_i32
// CHECK: %[[AFTER:.*]] = arith.addi %[[BEFORE]], %[[MINE]]
// CHECK: arith.cmpi sge, %[[AFTER]], %c7_i32
// CHECK: scf.if
// CHECK: %[[AT:.*]]:2 = scf.while
// CHECK: llvm.store %[[AT]]#0, %[[FOUND]]
// CHECK: %[[BEYOND:.*]] = arith.subi %[[AT]]#1, %c7_i32
// CHECK: llvm.store %[[BEYOND]],
// CHECK: nvvm.barrier
// CHECK: %[[THRESHOLD:.*]] = llvm.load %[[FOUND]]
// CHECK-LABEL: llvm.func @none_kernel0(
// CHECK-NOT: scf.while
// CHECK: arith.cmpi slt, %{{.*}}, %c-1_i32
// CHECK-LABEL: adamas_gpu.program @some
func.func @some(%h: tensor<?x2x1x33xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> (tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  } : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  return %0#0, %0#1 : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
}

func.func @none(%h: tensor<?x2x1x33xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> (tensor<?x2x1x1xi32>, tensor<?x2x1xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 0 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 1 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i, %m : tensor<?x2x1x1xi32>, tensor<?x2x1xi32>
  } : tensor<?x2x1x1xi32>, tensor<?x2x1xi32>
  return %0#0, %0#1 : tensor<?x2x1x1xi32>, tensor<?x2x1xi32>
}
