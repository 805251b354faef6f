// Attention without a list: every visible token of the part; query token i of Nq sees Nq - 1 - i fewer (nq-1).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @whole_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %{{[a-z0-9]+}}: memref<?x4x2x32xf32, {{.*}}, %[[K:[a-z0-9]+]]: memref<?x2x?x32xf32, {{.*}}, %[[N:[a-z0-9]+]]: memref<?xi32,
// CHECK-DAG: %[[SCALE:.*]] = arith.constant 0.176776692 : f32
// CHECK: %[[LENGTH:.*]] = memref.load %[[N]][%[[B]]]
// CHECK: scf.for %[[START:.*]] = %c0 to %{{.*}} step %c32 {
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c4 step %c1 {
// CHECK: %[[BEFORE:.*]] = arith.subi %[[ROW]], %c3
// CHECK: %[[SEES:.*]] = arith.addi %{{.*}}, %[[BEFORE]]
// CHECK: arith.maxsi %[[SEES]], %c0
// CHECK: %[[TOKEN:.*]] = arith.addi %[[START]], %{{.*}} : index
// CHECK: vector.load %[[K]][%[[B]], %[[H]], %[[TOKEN]], %c0]
// CHECK: arith.mulf %{{.*}}, %[[SCALE]]
func.func @whole(%q: tensor<?x4x2x32xf32>, %k: tensor<?x2x?x32xf32>, %n: tensor<?xi32>) -> (tensor<?x4x2x1x32xf32>, tensor<?x4x2x1xf32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) in global : tensor<?x4x2x32xf32>, tensor<?x2x?x32xf32>
    adamas.yield %o, %lse : tensor<?x4x2x1x32xf32>, tensor<?x4x2x1xf32>
  } : tensor<?x4x2x1x32xf32>, tensor<?x4x2x1xf32>
  return %0#0, %0#1 : tensor<?x4x2x1x32xf32>, tensor<?x4x2x1xf32>
}

// CHECK-LABEL: func.func @parts(
// CHECK: adamas.launch @parts_kernel0 grid(%{{.*}}, %c2, %c3)
// CHECK-LABEL: func.func private @parts_kernel0(
// CHECK-SAME: %[[P:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: memref<?x2x32xf32, {{.*}}, %[[PARTS:[a-z0-9]+]]: memref<4xi32, {{.*}}, %[[O:[a-z0-9]+]]: memref<?x2x3x32xf32,
// CHECK: memref.load %[[PARTS]][%[[P]]]
// CHECK: vector.store %{{.*}}, %[[O]][%{{.*}}, %{{.*}}, %[[P]], %c0]
func.func @parts(%q: tensor<?x2x32xf32>, %k: tensor<?x2x?x32xf32>, %n: tensor<?xi32>, %p: tensor<4xi32>) -> (tensor<?x2x3x32xf32>, tensor<?x2x3xf32>) {
  %0:2 = adamas.kernel part #adamas.cpu<16, words> {
    %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) parts(%p : tensor<4xi32>) in global : tensor<?x2x32xf32>, tensor<?x2x?x32xf32>
    adamas.yield %o, %lse : tensor<?x2x3x32xf32>, tensor<?x2x3xf32>
  } : tensor<?x2x3x32xf32>, tensor<?x2x3xf32>
  return %0#0, %0#1 : tensor<?x2x3x32xf32>, tensor<?x2x3xf32>
}
