// Columns of many rows take too many registers: they lie in shared memory, row by row, and after them a row of zeros for lanes that have
// no piece of a column.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/\]  /] /g' | FileCheck %s

// CHECK-LABEL: llvm.func @group_kernel1(
// CHECK: %[[COLUMNS:.*]] = adamas_gpu.shared_memory 768 at 0
// CHECK: scf.for %[[ITEM:.*]] = %{{.*}} to %c24_i32 step
// CHECK: %[[ROW:.*]] = arith.divui %[[ITEM]], %c4_i32
// CHECK: arith.remui %[[ITEM]], %c4_i32
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %[[ROW]], %c5_i32
// CHECK: arith.minsi %[[ROW]], %c4_i32
// CHECK-COUNT-4: llvm.load {{.*}} -> vector<2xi32>
// CHECK-COUNT-16: nvvm.prmt
// CHECK-COUNT-4: arith.select %[[INSIDE]], %{{.*}}, %c0_i32
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// CHECK-COUNT-4: arith.select %[[INSIDE]], %{{.*}}, %c0_i32
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: %[[ODD:.*]] = arith.extui
// CHECK: %[[FIRST:.*]] = arith.select %[[MINE:.*]], %[[ODD]], %c5_i32
// CHECK: %[[FROM:.*]] = arith.muli %[[FIRST]], %c128_i32
// CHECK: %[[SOURCE:.*]] = llvm.getelementptr %[[COLUMNS]][%[[FROM]]]
// CHECK: %[[NEXT:.*]] = arith.addi %[[ODD]], %c2_i32
// CHECK: arith.select %[[MINE]], %[[NEXT]], %c5_i32
// The fifth row's partner is the row of zeros.
// CHECK: %[[LAST:.*]] = arith.addi %[[ODD]], %c4_i32
// CHECK: arith.select %[[MINE]], %[[LAST]], %c5_i32
// A word's codes are spread once for all rows.
// CHECK: %[[FOUR:.*]] = llvm.load %[[SOURCE]] {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK: %[[B0:.*]] = llvm.extractelement %[[FOUR]][%c0_i32
// CHECK: %[[B1:.*]] = llvm.extractelement %[[FOUR]][%c1_i32
// CHECK: nvvm.mma.sync A[%[[A0:.*]], %[[C0:.*]], %[[A1:.*]], %[[C1:.*]]] B[%[[B0]], %[[B1]]] C[%c0_i32
// CHECK-COUNT-3: nvvm.mma.sync
// CHECK: nvvm.mma.sync A[%[[A0]], %[[C0]], %[[A1]], %[[C1]]] B[{{.*}}] C[%c0_i32
// CHECK-COUNT-43: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
func.func @group(%w: tensor<?x5x128xi8>, %c: tensor<?x1x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>) -> tensor<?x5x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = s8> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x5x128xi8>, tensor<?x1x?x!adamas.codes<128, 2>>
    adamas.yield %d : tensor<?x5x?xi32>
  } : tensor<?x5x?xi32>
  return %0 : tensor<?x5x?xi32>
}

// 64 registers are as many as a lane keeps, and 32 in a CTA of more than 256 threads.
// CHECK-LABEL: llvm.func @small_cta_kernel1(
// CHECK-NOT: shared_memory
// CHECK-LABEL: llvm.func @large_cta_kernel1(
// CHECK: adamas_gpu.shared_memory 512 at 0
func.func @small_cta(%w: tensor<?x1x256xi8>, %c: tensor<?x1x?x!adamas.codes<256, 2>>, %n: tensor<?xi32>) -> tensor<?x1x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = s8> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x1x256xi8>, tensor<?x1x?x!adamas.codes<256, 2>>
    adamas.yield %d : tensor<?x1x?xi32>
  } : tensor<?x1x?xi32>
  return %0 : tensor<?x1x?xi32>
}

func.func @large_cta(%w: tensor<?x1x256xi8>, %c: tensor<?x1x?x!adamas.codes<256, 2>>, %n: tensor<?xi32>) -> tensor<?x1x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 512, tokens = 2, iterations = 1, engine = s8> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x1x256xi8>, tensor<?x1x?x!adamas.codes<256, 2>>
    adamas.yield %d : tensor<?x1x?xi32>
  } : tensor<?x1x?xi32>
  return %0 : tensor<?x1x?xi32>
}
