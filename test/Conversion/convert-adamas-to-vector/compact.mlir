// sel-1, sel-2: a part lists its sinks, what is near enough but for the oldest ties, and its recent tokens, then -1.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @part_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[S:[a-z0-9]+]]: index, %[[P:[a-z0-9]+]]: index, %[[D:[a-z0-9]+]]: memref<?x2x?xi32, {{.*}}, %[[T:[a-z0-9]+]]: memref<?x2xi32, {{.*}}, %[[SKIP:[a-z0-9]+]]: memref<?x2x3xi32, {{.*}}, %[[N:[a-z0-9]+]]: memref<?xi32, {{.*}}, %[[PARTS:[a-z0-9]+]]: memref<4xi32, {{.*}}, %[[I:[a-z0-9]+]]: memref<?x2x3x8xi32, {{.*}}, %[[M:[a-z0-9]+]]: memref<?x2x3xi32,

// The part's range, clipped to what is visible.
// CHECK: memref.load %[[PARTS]][%[[P]]]
// CHECK: %[[NEXT:.*]] = arith.addi %[[P]], %c1
// CHECK: memref.load %[[PARTS]][%[[NEXT]]]
// CHECK: %[[BEGIN:.*]] = arith.minsi
// CHECK: %[[END:.*]] = arith.minsi
// CHECK: %[[HIGH:.*]] = arith.subi %{{.*}}, %c3
// CHECK: %[[THRESHOLD:.*]] = memref.load %[[T]][%[[B]], %[[S]]]
// CHECK: %[[TIES:.*]] = memref.load %[[SKIP]][%[[B]], %[[S]], %[[P]]]

// CHECK: %[[SINKS_END:.*]] = arith.minsi %[[END]], %c2
// CHECK: %[[SINKS:.*]] = scf.for %{{.*}} = %[[BEGIN]] to %[[SINKS_END]] step %c1 iter_args(%{{.*}} = %c0_i32)
// CHECK: %[[FROM:.*]] = arith.maxsi %[[BEGIN]], %c2
// CHECK: %[[NEAR:.*]]:2 = scf.for %{{.*}} = %[[FROM]] to %{{.*}} step %c16 iter_args(%{{.*}} = %[[SINKS]], %{{.*}} = %[[TIES]])
// CHECK: math.cttz
// CHECK: %[[TIE:.*]] = arith.cmpi eq, %{{.*}}, %[[THRESHOLD]]
// CHECK: %[[OLD:.*]] = arith.cmpi sgt, %{{.*}}, %c0_i32
// CHECK: arith.andi %[[TIE]], %[[OLD]]

// A list is never longer than the budget.
// CHECK: %[[ROOM:.*]] = arith.cmpi slt, %{{.*}}, %c8_i32
// CHECK: memref.store %{{.*}}, %[[I]][%[[B]], %[[S]], %[[P]], %{{.*}}]
// CHECK: %[[TAIL:.*]]:2 = scf.for {{.*}} iter_args(%{{.*}} = %[[NEAR]]#0, %{{.*}} = %[[NEAR]]#1)
// CHECK: %[[LATE:.*]] = arith.maxsi %[[HIGH]], %c2
// CHECK: %[[RECENT:.*]] = arith.maxsi %[[LATE]], %[[BEGIN]]
// CHECK: %[[COUNT:.*]] = scf.for %{{.*}} = %[[RECENT]] to %[[END]] step %c1 iter_args(%{{.*}} = %[[TAIL]]#0)
// CHECK: scf.for %[[SLOT:.*]] = %{{.*}} to %c8 step %c1 {
// CHECK-NEXT: memref.store %c-1_i32, %[[I]][%[[B]], %[[S]], %[[P]], %[[SLOT]]]
// CHECK: memref.store %[[COUNT]], %[[M]][%[[B]], %[[S]], %[[P]]]
func.func @part(%d: tensor<?x2x?xi32>, %t: tensor<?x2xi32>, %skip: tensor<?x2x3xi32>, %n: tensor<?xi32>, %p: tensor<4xi32>) -> (tensor<?x2x3x8xi32>, tensor<?x2x3xi32>) {
  %0:2 = adamas.kernel part #adamas.cpu<16, words> {
    %i, %m = adamas.compact %d, %t, %skip seq_lens(%n : tensor<?xi32>) parts(%p : tensor<4xi32>) budget 8 sink 2 recent 3 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x3xi32>
    adamas.yield %i, %m : tensor<?x2x3x8xi32>, tensor<?x2x3xi32>
  } : tensor<?x2x3x8xi32>, tensor<?x2x3xi32>
  return %0#0, %0#1 : tensor<?x2x3x8xi32>, tensor<?x2x3xi32>
}
