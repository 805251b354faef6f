// ref-2: a compaction of candidates takes the positions that the list holds, not its slots; forced tokens need not be listed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @listed_kernel0(
// CHECK-SAME: %[[D:[a-z0-9]+]]: memref<?x2x20xi32, {{.*}}, %[[T:[a-z0-9]+]]: memref<?x2xi32, {{.*}}, %{{[a-z0-9]+}}: memref<?x2x1xi32, {{.*}}, %{{[a-z0-9]+}}: memref<?xi32, {{.*}}, %[[LIST:[a-z0-9]+]]: memref<?x2x20xi32, {{.*}}, %[[I:[a-z0-9]+]]: memref<?x2x1x8xi32,
// CHECK: %[[THRESHOLD:.*]] = memref.load %[[T]]
// CHECK: %[[SINKS:.*]] = scf.for %{{.*}} = %c0 to %{{.*}} step %c1 iter_args(%{{.*}} = %c0_i32)
// CHECK: %[[BEGIN:.*]] = scf.while (%{{.*}} = %c0)
// CHECK: memref.load %[[LIST]]
// CHECK: scf.while (%{{.*}} = %c20)
// CHECK: memref.load %[[LIST]]
// CHECK: scf.for %[[FIRST:.*]] = %[[BEGIN]] to %{{.*}} step %c16 iter_args(%{{.*}} = %[[SINKS]],
// CHECK: vector.load %[[D]][%{{.*}}, %{{.*}}, %[[FIRST]]]
// CHECK: math.cttz
// CHECK: %[[SLOT:.*]] = arith.addi %[[FIRST]], %{{.*}} : index
// CHECK: %[[POSITION:.*]] = memref.load %[[LIST]][%{{.*}}, %{{.*}}, %[[SLOT]]]
// CHECK: %[[DISTANCE:.*]] = memref.load %[[D]][%{{.*}}, %{{.*}}, %[[SLOT]]]
// CHECK: arith.cmpi eq, %[[DISTANCE]], %[[THRESHOLD]]
// CHECK: memref.store %[[POSITION]], %[[I]]
func.func @listed(%d: tensor<?x2x20xi32>, %t: tensor<?x2xi32>, %skip: tensor<?x2x1xi32>, %n: tensor<?xi32>, %l: tensor<?x2x20xi32>) -> (tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %i, %m = adamas.compact %d, %t, %skip seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x2x20xi32>) budget 8 sink 2 in global : tensor<?x2x20xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  } : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  return %0#0, %0#1 : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
}
