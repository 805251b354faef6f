// L1 of one and two bits (dst-3): thermometer planes L | H, H and L & H on both sides, bits of the differences counted and added.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @two_bits_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %[[Q:[a-z0-9]+]]: memref<?x2x2x1xi32, {{.*}}, %[[C:[a-z0-9]+]]: memref<?x2x2x?x1x16xi32, {{.*}}, %[[N:[a-z0-9]+]]: memref<?xi32, {{.*}}, %[[D:[a-z0-9]+]]: memref<?x2x?xi16>

// CHECK: %[[LENGTH:.*]] = memref.load %[[N]][%[[B]]]
// CHECK: %[[VISIBLE:.*]] = arith.maxsi %{{.*}}, %c0 : index
// CHECK: %[[TABLE:.*]] = memref.alloc() {{.*}} : memref<1x3x1xi32>
// CHECK: %[[QL:.*]] = memref.load %[[Q]][%[[B]], %[[H]], %c0, %c0]
// CHECK: %[[QH:.*]] = memref.load %[[Q]][%[[B]], %[[H]], %c1, %c0]
// CHECK: %[[Q1:.*]] = arith.ori %[[QL]], %[[QH]] : i32
// CHECK: %[[Q3:.*]] = arith.andi %[[QL]], %[[QH]] : i32
// CHECK: memref.store %[[Q1]], %[[TABLE]][%c0, %c0, %c0]
// CHECK: memref.store %[[QH]], %[[TABLE]][%c0, %c1, %c0]
// CHECK: memref.store %[[Q3]], %[[TABLE]][%c0, %c2, %c0]

// CHECK: scf.for %[[TOKEN:.*]] = %c0 to %[[VISIBLE]] step %c16 {
// CHECK: %[[TILE:.*]] = arith.divui %[[TOKEN]], %c16
// CHECK: %[[L:.*]] = vector.load %[[C]][%[[B]], %[[H]], %c0, %[[TILE]], %c0, %c0] : {{.*}}, vector<16xi32>
// CHECK: %[[U:.*]] = vector.load %[[C]][%[[B]], %[[H]], %c1, %[[TILE]], %c0, %c0] : {{.*}}, vector<16xi32>
// CHECK: %[[K1:.*]] = arith.ori %[[L]], %[[U]]
// CHECK: %[[K3:.*]] = arith.andi %[[L]], %[[U]]
// CHECK: %[[X1:.*]] = arith.xori %[[K1]],
// CHECK: %[[P1:.*]] = math.ctpop %[[X1]]
// CHECK: %[[X2:.*]] = arith.xori %[[U]],
// CHECK: %[[P2:.*]] = math.ctpop %[[X2]]
// CHECK: %[[P12:.*]] = arith.addi %[[P1]], %[[P2]]
// CHECK: %[[X3:.*]] = arith.xori %[[K3]],
// CHECK: %[[P3:.*]] = math.ctpop %[[X3]]
// CHECK: %[[SUM:.*]] = arith.addi %[[P12]], %[[P3]]
// CHECK: %[[NARROW:.*]] = arith.trunci %[[SUM]] : vector<16xi32> to vector<16xi16>
// CHECK: vector.store %[[NARROW]], %[[D]][%[[B]], %[[H]], %[[TOKEN]]]
func.func @two_bits(%q: tensor<?x2x!adamas.codes<32, 2>>, %c: tensor<?x2x?x!adamas.codes<32, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 2>>, tensor<?x2x?x!adamas.codes<32, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// One bit is its own thermometer, and so is the top plane of more bits (pak-4), which alone is read.
// CHECK-LABEL: func.func private @top_plane_kernel0(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: memref<?x2x4x1xi32, {{.*}}, %[[C:[a-z0-9]+]]: memref<?x2x4x?x1x16xi32,
// CHECK: memref.alloc() {{.*}} : memref<1x1x1xi32>
// CHECK: memref.load %[[Q]][%{{.*}}, %{{.*}}, %c3, %c0]
// CHECK-NOT: memref.load %[[Q]]
// CHECK: vector.load %[[C]][%{{.*}}, %{{.*}}, %c3, %{{.*}}, %c0, %c0]
// CHECK-NOT: vector.load %[[C]]
// CHECK: arith.xori
// CHECK: math.ctpop
// CHECK-NOT: math.ctpop
func.func @top_plane(%q: tensor<?x2x!adamas.codes<32, 4>>, %c: tensor<?x2x?x!adamas.codes<32, 4>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) planes 1 in global : tensor<?x2x!adamas.codes<32, 4>>, tensor<?x2x?x!adamas.codes<32, 4>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
