// A histogram that a threshold alone reads passes over tokens that are farther than the k-th nearest so far.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @pruned_kernel0(
// CHECK-DAG: %[[LAST:.*]] = arith.constant 32 : i32
// CHECK-DAG: %[[NEED:.*]] = arith.constant 5 : i32
// CHECK-DAG: %[[BLOCK:.*]] = arith.constant 4096 : index
// CHECK-DAG: %[[FIRST_END:.*]] = arith.constant 2050 : index
// CHECK: %[[BINS:.*]] = memref.alloc() {{.*}} : memref<1x33xi32>
// CHECK: scf.for %[[BIN:.*]] = %c0 to %c32 step %c16 {
// CHECK-NEXT: vector.store %{{.*}}, %[[BINS]][%c0, %[[BIN]]]
// CHECK: memref.store %c0_i32, %[[BINS]][%c0, %c32]

// Tokens from the sinks up to the recent window count; the first 2048 of them one by one.
// CHECK: %[[HIGH:.*]] = arith.subi %[[VISIBLE:.*]], %c3
// CHECK: %[[END:.*]] = arith.minsi %[[VISIBLE]], %[[HIGH]]
// CHECK: %[[FIRST:.*]] = arith.minsi %[[END]], %[[FIRST_END]]
// CHECK: scf.for %[[TOKEN:.*]] = %c2 to %[[FIRST]] step %c1 {
// CHECK: memref.store %{{.*}}, %[[BINS]]

// The bound falls while the bins below it alone hold the need.
// CHECK: %[[BOUND:.*]]:2 = scf.while (%{{.*}} = %[[LAST]], %{{.*}} = %{{.*}})
// CHECK: arith.cmpi sge, %{{.*}}, %[[NEED]]
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %[[END]] step %[[BLOCK]] iter_args(%[[LIMIT:.*]] = %[[BOUND]]#0, %{{.*}} = %[[BOUND]]#1)
// CHECK: %[[NARROW:.*]] = arith.trunci %[[LIMIT]] : i32 to i16
// CHECK: %[[LIMITS:.*]] = vector.broadcast %[[NARROW]] : i16 to vector<32xi16>
// CHECK: scf.for %{{.*}} step %c32
// CHECK: arith.cmpi ule, %{{.*}}, %[[LIMITS]] : vector<32xi16>
// CHECK: math.cttz
// CHECK: memref.store %{{.*}}, %[[BINS]]
func.func @pruned(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in shared : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 33 sink 2 recent 3 in shared : tensor<?x2x?xi32>
    %t, %skip = adamas.threshold %h need 5 in global : tensor<?x2x1x33xi32>
    adamas.yield %t : tensor<?x2xi32>
  } : tensor<?x2xi32>
  return %0 : tensor<?x2xi32>
}
