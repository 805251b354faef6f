// sel-4: with one selection per KV head the distances of the heads of the group are summed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @group_kernel0(
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0> : vector<16xi32>
// CHECK: memref.alloc() {{.*}} : memref<3x1x1xi32>
// CHECK: scf.for %{{.*}} = %c0 to %c3 step %c1 {
// CHECK: scf.for %[[TOKEN:.*]] = %c0 to %{{.*}} step %c16 {
// CHECK: vector.load
// CHECK: %[[SUM:.*]] = scf.for %{{.*}} = %c0 to %c3 step %c1 iter_args(%[[SO_FAR:.*]] = %[[ZERO]]) -> (vector<16xi32>) {
// CHECK-NOT: vector.load
// CHECK: %[[HEAD:.*]] = math.ctpop
// CHECK: %[[NEXT:.*]] = arith.addi %[[SO_FAR]], %[[HEAD]]
// CHECK: scf.yield %[[NEXT]]
// CHECK: arith.trunci %[[SUM]]
// CHECK: vector.store %{{.*}}[%{{.*}}, %{{.*}}, %[[TOKEN]]] : memref<?x2x?xi16>
func.func @group(%q: tensor<?x6x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) policy per_kv_head in global : tensor<?x6x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
