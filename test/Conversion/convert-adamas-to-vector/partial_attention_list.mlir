// Attention over a list: keys and values of the listed tokens, in blocks of 32, the group of a list's head sharing it (sel-4).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @listed_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %{{[a-z0-9]+}}: memref<?x6x32xf16, {{.*}}, %[[K:[a-z0-9]+]]: memref<?x2x?x32xf16, {{.*}}, %[[V:[a-z0-9]+]]: memref<?x2x?x32xf16, {{.*}}, %[[I:[a-z0-9]+]]: memref<?x2x1x40xi32, {{.*}}, %[[M:[a-z0-9]+]]: memref<?x2x1xi32, {{.*}}, %{{[a-z0-9]+}}: memref<?x6x1x32xf32, {{.*}}, %[[LSE:[a-z0-9]+]]: memref<?x6x1xf32,
// CHECK-DAG: %[[SCALE:.*]] = arith.constant 5.000000e-01 : f32
// CHECK: scf.for %[[START:.*]] = %c0 to %{{.*}} step %c32 {
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c3 step %c1 {
// CHECK: %[[L:.*]] = memref.load %[[M]][%[[B]], %[[H]], %c0]

// Scores; values are asked for, and keys of the next block.
// CHECK: scf.for %[[SLOT:.*]] = %c0 to %{{.*}} step %c1 {
// CHECK: %[[AT:.*]] = arith.addi %[[START]], %[[SLOT]]
// CHECK: %[[POSITION:.*]] = memref.load %[[I]][%[[B]], %[[H]], %c0, %[[AT]]]
// CHECK: %[[TOKEN:.*]] = arith.index_cast %[[POSITION]]
// CHECK: memref.prefetch %[[V]][%[[B]], %[[H]], %[[TOKEN]], %c0], read
// CHECK: %[[AHEAD:.*]] = arith.addi %[[AT]], %c32
// CHECK: %[[LISTED:.*]] = arith.minsi %[[AHEAD]],
// CHECK: memref.load %[[I]][%[[B]], %[[H]], %c0, %[[LISTED]]]
// CHECK: memref.prefetch %[[K]][%[[B]], %[[H]], %{{.*}}, %c0], read
// CHECK: vector.load %[[K]][%[[B]], %[[H]], %[[TOKEN]], %c0]
// CHECK: vector.fma
// CHECK: %[[DOT:.*]] = vector.reduction <add>
// CHECK: arith.mulf %[[DOT]], %[[SCALE]]

// The running maximum, then values.
// CHECK: arith.maxnumf
// CHECK: scf.for %[[VSLOT:.*]] = %c0 to
// CHECK: vector.load %[[V]][%[[B]], %[[H]], %{{.*}}, %c0]
// CHECK: math.log
// CHECK: memref.store %{{.*}}, %[[LSE]]
func.func @listed(%q: tensor<?x6x32xf16>, %k: tensor<?x2x?x32xf16>, %v: tensor<?x2x?x32xf16>, %i: tensor<?x2x1x40xi32>, %m: tensor<?x2x1xi32>) -> (tensor<?x6x1x32xf32>, tensor<?x6x1xf32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %o, %lse = adamas.partial_attention %q, %k, %v indices(%i, %m : tensor<?x2x1x40xi32>, tensor<?x2x1xi32>) scale 0.5 in global : tensor<?x6x32xf16>, tensor<?x2x?x32xf16>
    adamas.yield %o, %lse : tensor<?x6x1x32xf32>, tensor<?x6x1xf32>
  } : tensor<?x6x1x32xf32>, tensor<?x6x1xf32>
  return %0#0, %0#1 : tensor<?x6x1x32xf32>, tensor<?x6x1xf32>
}

// The lists of several query tokens: row r of the group of 3 heads takes the list of query token r / 3.
// CHECK-LABEL: func.func private @query_tokens_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %{{[a-z0-9]+}}: memref<?x4x6x32xf16, {{.*}}, %[[I:[a-z0-9]+]]: memref<?x4x2x1x40xi32,
// CHECK: scf.for %{{.*}} to %{{.*}} step %c32 {
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c12 step %c1 {
// CHECK: %[[TOKEN:.*]] = arith.divui %[[ROW]], %c3
// CHECK: memref.load %[[I]][%[[B]], %[[TOKEN]], %[[H]], %c0, %{{.*}}]
func.func @query_tokens(%q: tensor<?x4x6x32xf16>, %k: tensor<?x2x?x32xf16>, %i: tensor<?x4x2x1x40xi32>, %m: tensor<?x4x2x1xi32>) -> tensor<?x4x6x1xf32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x4x2x1x40xi32>, tensor<?x4x2x1xi32>) in global : tensor<?x4x6x32xf16>, tensor<?x2x?x32xf16>
    adamas.yield %lse : tensor<?x4x6x1xf32>
  } : tensor<?x4x6x1xf32>
  return %0 : tensor<?x4x6x1xf32>
}
