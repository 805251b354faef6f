// The lists of the parts one after the other, padded with -1, and their lengths added up.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @join_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[S:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %[[I:[a-z0-9]+]]: memref<?x2x3x8xi32, {{.*}}, %[[M:[a-z0-9]+]]: memref<?x2x3xi32, {{.*}}, %[[ALL:[a-z0-9]+]]: memref<?x2x8xi32, {{.*}}, %[[COUNT:[a-z0-9]+]]: memref<?x2xi32,
// CHECK: %[[SUM:.*]] = scf.for %[[P:.*]] = %c0 to %c3 step %c1 iter_args(%[[BEFORE:.*]] = %c0_i32) -> (i32) {
// CHECK: %[[L:.*]] = memref.load %[[M]][%[[B]], %[[S]], %[[P]]]
// CHECK: %[[LENGTH:.*]] = arith.index_cast %[[L]]
// CHECK: scf.for %[[SLOT:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[AT:.*]] = %[[BEFORE]])
// CHECK: %[[POSITION:.*]] = memref.load %[[I]][%[[B]], %[[S]], %[[P]], %[[SLOT]]]
// CHECK: arith.cmpi slt, %[[AT]], %c8_i32
// CHECK: %[[TO:.*]] = arith.index_cast %[[AT]]
// CHECK: memref.store %[[POSITION]], %[[ALL]][%[[B]], %[[S]], %[[TO]]]
// CHECK: scf.for {{.*}} to %c8 step %c1 {
// CHECK: memref.store %c-1_i32, %[[ALL]]
// CHECK: memref.store %[[SUM]], %[[COUNT]][%[[B]], %[[S]]]
func.func @join(%i: tensor<?x2x3x8xi32>, %m: tensor<?x2x3xi32>) -> (tensor<?x2x8xi32>, tensor<?x2xi32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %all, %n = adamas.join %i, %m in global : tensor<?x2x3x8xi32>, tensor<?x2x3xi32>
    adamas.yield %all, %n : tensor<?x2x8xi32>, tensor<?x2xi32>
  } : tensor<?x2x8xi32>, tensor<?x2xi32>
  return %0#0, %0#1 : tensor<?x2x8xi32>, tensor<?x2xi32>
}
