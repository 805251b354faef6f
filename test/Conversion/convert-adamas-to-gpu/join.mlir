// The lists of the parts one after the other, a warp a row, padded with -1, and their lengths added up.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @join_kernel0(
// CHECK: %[[WARP:.*]] = arith.shrui %{{.*}}, %c5_i32
// CHECK: scf.for %{{.*}} = %[[WARP]] to %c1_i32 step %c4_i32
// CHECK: %[[L0:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: %[[T0:.*]] = arith.minsi %[[L0]], %c8_i32
// CHECK: scf.for %{{.*}} = %[[LANE:.*]] to %[[T0]] step %c32_i32
// CHECK: llvm.store
// CHECK: %[[L1:.*]] = llvm.load
// CHECK: %[[ROOM:.*]] = arith.subi %c8_i32, %[[T0]]
// CHECK: %[[TAKEN:.*]] = arith.minsi %[[L1]], %[[ROOM]]
// CHECK: scf.for %[[SLOT:.*]] = %[[LANE]] to %[[TAKEN]] step %c32_i32
// CHECK: %[[POSITION:.*]] = llvm.load
// CHECK: %[[PLACE:.*]] = arith.addi %[[T0]], %[[SLOT]]
// CHECK: %[[TO:.*]] = llvm.getelementptr %{{.*}}[%[[PLACE]]]
// CHECK: llvm.store %[[POSITION]], %[[TO]]
// CHECK: %[[SUM:.*]] = arith.addi %[[T0]], %[[L1]]
// CHECK: %[[T1:.*]] = arith.minsi %[[SUM]], %c8_i32
// CHECK: %[[FIRST:.*]] = arith.addi %[[T1]], %[[LANE]]
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %c8_i32 step %c32_i32
// CHECK: llvm.store %c-1_i32,
// CHECK: scf.if
// CHECK: llvm.store %[[T1]], %{{.*}} : i32, !llvm.ptr<1>
func.func @join(%i: tensor<?x2x2x8xi32>, %m: tensor<?x2x2xi32>) -> (tensor<?x2x8xi32>, tensor<?x2xi32>) {
  %0:2 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %all, %k = adamas.join %i, %m in global : tensor<?x2x2x8xi32>, tensor<?x2x2xi32>
    adamas.yield %all, %k : tensor<?x2x8xi32>, tensor<?x2xi32>
  } : tensor<?x2x8xi32>, tensor<?x2xi32>
  return %0#0, %0#1 : tensor<?x2x8xi32>, tensor<?x2xi32>
}
