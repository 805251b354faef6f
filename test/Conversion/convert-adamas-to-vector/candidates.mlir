// ref-1: listed tokens only; their words are gathered, nothing is read for a padded slot, and its distance is -1.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @listed_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %[[Q:[a-z0-9]+]]: memref<?x2x1x2xi32, {{.*}}, %[[C:[a-z0-9]+]]: memref<?x2x1x?x2x16xi32, {{.*}}, %{{[a-z0-9]+}}: memref<?xi32, {{.*}}, %[[LIST:[a-z0-9]+]]: memref<?x2x20xi32, {{.*}}, %[[D:[a-z0-9]+]]: memref<?x2x32xi16>
// CHECK-DAG: %[[NONE:.*]] = arith.constant dense<-1> : vector<16xi32>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0> : vector<16xi32>
// CHECK-DAG: %[[FOUR:.*]] = arith.constant dense<4> : vector<16xi32>
// CHECK-DAG: %[[LAST:.*]] = arith.constant dense<15> : vector<16xi32>
// CHECK-DAG: %[[TILE_WORDS:.*]] = arith.constant dense<32> : vector<16xi32>
// CHECK: %[[PLANE:.*]] = memref.subview %[[C]][%[[B]], %[[H]], 0, 0, 0, 0] [1, 1, 1, %{{.*}}, 2, 16]
// CHECK: %[[FLAT:.*]] = memref.collapse_shape %[[PLANE]]
// CHECK: scf.for %[[SLOT:.*]] = %c0 to %c20 step %c16 {
// CHECK: %[[LEFT:.*]] = arith.subi %c20, %[[SLOT]]
// CHECK: %[[IN_LIST:.*]] = vector.create_mask %[[LEFT]]
// CHECK: %[[POSITIONS:.*]] = vector.maskedload %[[LIST]][%[[B]], %[[H]], %[[SLOT]]], %[[IN_LIST]], %[[NONE]]
// CHECK: %[[LISTED:.*]] = arith.cmpi sge, %[[POSITIONS]], %[[ZERO]]
// CHECK: %[[SAFE:.*]] = arith.select %[[LISTED]], %[[POSITIONS]], %[[ZERO]]
// CHECK: %[[TILE:.*]] = arith.shrui %[[SAFE]], %[[FOUR]]
// CHECK: %[[LANE:.*]] = arith.andi %[[SAFE]], %[[LAST]]
// CHECK: %[[OFFSET:.*]] = arith.muli %[[TILE]], %[[TILE_WORDS]]
// CHECK: %[[BASE:.*]] = arith.addi %[[OFFSET]], %[[LANE]]
// CHECK: vector.gather %[[FLAT]][%c0] [%[[BASE]]], %[[LISTED]], %[[ZERO]]
// CHECK: vector.gather %[[FLAT]][%c16] [%[[BASE]]], %[[LISTED]], %[[ZERO]]
// CHECK: %[[DISTANCE:.*]] = arith.select %[[LISTED]], %{{.*}}, %[[NONE]]
// CHECK: %[[NARROW:.*]] = arith.trunci %[[DISTANCE]]
// CHECK: vector.store %[[NARROW]], %[[D]][%[[B]], %[[H]], %[[SLOT]]]
func.func @listed(%q: tensor<?x2x!adamas.codes<64, 1>>, %c: tensor<?x2x?x!adamas.codes<64, 1>>, %n: tensor<?xi32>, %l: tensor<?x2x20xi32>) -> tensor<?x2x20xi32> {
  %0 = adamas.kernel row <16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x2x20xi32>) in global : tensor<?x2x!adamas.codes<64, 1>>, tensor<?x2x?x!adamas.codes<64, 1>>
    adamas.yield %d : tensor<?x2x20xi32>
  } : tensor<?x2x20xi32>
  return %0 : tensor<?x2x20xi32>
}
