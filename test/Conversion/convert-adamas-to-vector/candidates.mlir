// ref-1: listed tokens only; each vector of tokens that holds some is measured once; a padded slot's distance is -1.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @listed_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %[[Q:[a-z0-9]+]]: memref<?x2x1x2xi32, {{.*}}, %[[C:[a-z0-9]+]]: memref<?x2x1x?x2x16xi32, {{.*}}, %{{[a-z0-9]+}}: memref<?xi32, {{.*}}, %[[LIST:[a-z0-9]+]]: memref<?x2x20xi32, {{.*}}, %[[D:[a-z0-9]+]]: memref<?x2x32xi16>
// CHECK: %[[MEASURED:.*]] = memref.alloc() {{.*}} : memref<16xi16>
// CHECK: %[[END:.*]] = scf.while (%[[AT:.*]] = %c0)
// CHECK: arith.cmpi slt, %[[AT]], %c20
// CHECK: %[[RAW:.*]] = memref.load %[[LIST]][%[[B]], %[[H]], %[[AT]]]
// CHECK: %[[POSITION:.*]] = arith.index_cast %[[RAW]]
// CHECK: arith.cmpi sge, %[[POSITION]], %c0
// The words of a later candidate are asked for.
// CHECK: memref.prefetch %[[C]][%[[B]], %[[H]], %c0, %{{.*}}, %c0, %c0], read, locality<3>, data
// CHECK: memref.prefetch %[[C]][%[[B]], %[[H]], %c0, %{{.*}}, %c1, %c0], read, locality<3>, data
// One vector of tokens is measured for the candidates that lie in it.
// CHECK: %[[GROUP:.*]] = arith.divui %{{.*}}, %c16
// CHECK: %[[FIRST:.*]] = arith.muli %[[GROUP]], %c16
// CHECK: vector.load %[[C]][%[[B]], %[[H]], %c0, %{{.*}}, %c0, %c0]
// CHECK: vector.load %[[C]][%[[B]], %[[H]], %c0, %{{.*}}, %c1, %c0]
// CHECK: vector.store %{{.*}}, %[[MEASURED]][%c0]
// CHECK: scf.while
// CHECK: arith.cmpi sge, %{{.*}}, %[[FIRST]]
// CHECK: %[[LANE:.*]] = arith.subi %{{.*}}, %[[FIRST]]
// CHECK: %[[TAKEN:.*]] = memref.load %[[MEASURED]][%[[LANE]]]
// CHECK: memref.store %[[TAKEN]], %[[D]][%[[B]], %[[H]], %{{.*}}]
// CHECK: scf.for %[[SLOT:.*]] = %[[END]] to %c20
// CHECK-NEXT: memref.store %c-1_i16, %[[D]][%[[B]], %[[H]], %[[SLOT]]]
func.func @listed(%q: tensor<?x2x!adamas.codes<64, 1>>, %c: tensor<?x2x?x!adamas.codes<64, 1>>, %n: tensor<?xi32>, %l: tensor<?x2x20xi32>) -> tensor<?x2x20xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x2x20xi32>) in global : tensor<?x2x!adamas.codes<64, 1>>, tensor<?x2x?x!adamas.codes<64, 1>>
    adamas.yield %d : tensor<?x2x20xi32>
  } : tensor<?x2x20xi32>
  return %0 : tensor<?x2x20xi32>
}
