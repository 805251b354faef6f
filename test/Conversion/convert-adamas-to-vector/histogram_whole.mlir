// A histogram that is returned holds every token, whether or not a threshold reads it too; so does one of candidates.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s --implicit-check-not=math.cttz --implicit-check-not=4096

// CHECK-LABEL: func.func private @whole_kernel0(
// CHECK-SAME: %[[BINS:[a-z0-9]+]]: memref<?x2x1x33xi32,
// CHECK: %[[HIGH:.*]] = arith.subi %[[VISIBLE:.*]], %c1
// CHECK: %[[END:.*]] = arith.minsi %[[VISIBLE]], %[[HIGH]]
// CHECK: scf.for %[[TOKEN:.*]] = %c0 to %[[END]] step %c1 {
// CHECK: %[[DISTANCE:.*]] = memref.load %{{.*}}[%c0, %[[TOKEN]]]
// CHECK: memref.store %{{.*}}, %[[BINS]]
func.func @whole(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<?x2x1x33xi32>, tensor<?x2xi32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in shared : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 33 in global : tensor<?x2x?xi32>
    %t, %skip = adamas.threshold %h need 5 in global : tensor<?x2x1x33xi32>
    adamas.yield %h, %t : tensor<?x2x1x33xi32>, tensor<?x2xi32>
  } : tensor<?x2x1x33xi32>, tensor<?x2xi32>
  return %0#0, %0#1 : tensor<?x2x1x33xi32>, tensor<?x2xi32>
}

// ref-2: the slots of candidates that are not forced, nor padding, are one range, since the list ascends.
// CHECK-LABEL: func.func private @candidates_kernel0(
// CHECK-SAME: %[[D:[a-z0-9]+]]: memref<?x2x20xi32, {{.*}}, %{{[a-z0-9]+}}: memref<?xi32, {{.*}}, %[[LIST:[a-z0-9]+]]: memref<?x2x20xi32,
// CHECK: %[[HIGH:.*]] = arith.subi %{{.*}}, %c3
// The tokens end where the last ones are forced, before the slots are looked for.
// CHECK: %[[LIMIT:.*]] = arith.minsi %{{.*}}, %[[HIGH]]
// CHECK: %[[BEGIN:.*]] = scf.while (%{{.*}} = %c0)
// CHECK: %[[FIRST:.*]] = memref.load %[[LIST]]
// CHECK: %[[FIRST_POSITION:.*]] = arith.index_cast %[[FIRST]]
// CHECK: arith.cmpi slt, %[[FIRST_POSITION]], %c2
// CHECK: %[[END:.*]] = scf.while (%{{.*}} = %c20)
// CHECK: %[[LAST:.*]] = memref.load %[[LIST]]
// CHECK: %[[LAST_POSITION:.*]] = arith.index_cast %[[LAST]]
// CHECK-DAG: arith.cmpi slt, %[[LAST_POSITION]], %c0
// CHECK-DAG: arith.cmpi sge, %[[LAST_POSITION]], %[[LIMIT]]
// CHECK: scf.for %[[SLOT:.*]] = %[[BEGIN]] to %[[END]] step %c1 {
// CHECK: memref.load %[[D]][%{{.*}}, %{{.*}}, %[[SLOT]]]
func.func @candidates(%d: tensor<?x2x20xi32>, %n: tensor<?xi32>, %l: tensor<?x2x20xi32>) -> tensor<?x2x1x33xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x2x20xi32>) bins 33 sink 2 recent 3 in global : tensor<?x2x20xi32>
    adamas.yield %h : tensor<?x2x1x33xi32>
  } : tensor<?x2x1x33xi32>
  return %0 : tensor<?x2x1x33xi32>
}
