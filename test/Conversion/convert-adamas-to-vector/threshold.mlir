// sel-6: the smallest bin at which the counts of all parts reach the need, and how many of the oldest ties each part leaves out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @parts_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[S:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %[[H:[a-z0-9]+]]: memref<?x2x3x33xi32, {{.*}}, %[[T:[a-z0-9]+]]: memref<?x2xi32, {{.*}}, %[[SKIP:[a-z0-9]+]]: memref<?x2x3xi32,
// CHECK-DAG: %[[NEED:.*]] = arith.constant 7 : i32
// CHECK-DAG: %[[LAST:.*]] = arith.constant 32 : i32

// Whole vectors of bins are passed over while they leave the need unfilled; the last bins are taken one by one.
// CHECK: %[[PASSED:.*]]:2 = scf.while
// CHECK: vector.load %[[H]][%[[B]], %[[S]], %{{.*}}, %{{.*}}] : {{.*}}, vector<16xi32>
// CHECK: vector.reduction <add>
// CHECK: arith.cmpi slt, %{{.*}}, %[[NEED]]
// CHECK: %[[START:.*]] = arith.index_cast %[[PASSED]]#0
// CHECK: %[[AT_0:.*]] = scf.for %[[P:.*]] = %c0 to %c3 step %c1
// CHECK: memref.load %[[H]][%[[B]], %[[S]], %[[P]], %[[PASSED]]#0]
// CHECK: %[[FOUND:.*]]:3 = scf.while (%[[BIN:.*]] = %[[START]], %[[NEARER:.*]] = %[[PASSED]]#1, %[[AT:.*]] = %[[AT_0]])
// CHECK: %[[SO_FAR:.*]] = arith.addi %[[NEARER]], %[[AT]]
// CHECK: %[[MORE:.*]] = arith.cmpi slt, %[[SO_FAR]], %[[NEED]]
// CHECK: %[[LEFT:.*]] = arith.cmpi slt, %[[BIN]], %[[LAST]]
// CHECK: %[[ON:.*]] = arith.andi %[[MORE]], %[[LEFT]]
// CHECK: scf.condition(%[[ON]])
// CHECK: memref.store %[[FOUND]]#0, %[[T]][%[[B]], %[[S]]]
// CHECK: %[[COUNT:.*]] = arith.addi %[[FOUND]]#1, %[[FOUND]]#2
// CHECK: %[[OVER:.*]] = arith.subi %[[COUNT]], %[[NEED]]
// CHECK: %[[EXCESS:.*]] = arith.maxsi %[[OVER]], %c0_i32
// CHECK: scf.for %[[PART:.*]] = %c0 to %c3 step %c1 iter_args(%[[REST:.*]] = %[[EXCESS]])
// CHECK: %[[HERE:.*]] = memref.load %[[H]][%[[B]], %[[S]], %[[PART]], %{{.*}}]
// CHECK: %[[DROP:.*]] = arith.minsi %[[REST]], %[[HERE]]
// CHECK: memref.store %[[DROP]], %[[SKIP]][%[[B]], %[[S]], %[[PART]]]
// CHECK: arith.subi %[[REST]], %[[DROP]]
func.func @parts(%h: tensor<?x2x3x33xi32>) -> (tensor<?x2xi32>, tensor<?x2x3xi32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %t, %skip = adamas.threshold %h need 7 in global : tensor<?x2x3x33xi32>
    adamas.yield %t, %skip : tensor<?x2xi32>, tensor<?x2x3xi32>
  } : tensor<?x2xi32>, tensor<?x2x3xi32>
  return %0#0, %0#1 : tensor<?x2xi32>, tensor<?x2x3xi32>
}

// Nothing is needed: the threshold is -1, nothing ties.
// CHECK-LABEL: func.func private @no_need_kernel0(
// CHECK-SAME: %[[T:[a-z0-9]+]]: memref<?x2xi32, {{.*}}, %[[SKIP:[a-z0-9]+]]: memref<?x2x1xi32,
// CHECK: memref.store %c-1_i32, %[[T]]
// CHECK: memref.store %c0_i32, %[[SKIP]]
func.func @no_need(%h: tensor<?x2x1x33xi32>) -> (tensor<?x2xi32>, tensor<?x2x1xi32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %t, %skip = adamas.threshold %h need 0 in global : tensor<?x2x1x33xi32>
    adamas.yield %t, %skip : tensor<?x2xi32>, tensor<?x2x1xi32>
  } : tensor<?x2xi32>, tensor<?x2x1xi32>
  return %0#0, %0#1 : tensor<?x2xi32>, tensor<?x2x1xi32>
}
