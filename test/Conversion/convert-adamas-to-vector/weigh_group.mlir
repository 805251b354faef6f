// wgt-4: the heads of a group are divided by their sums and added in ascending order from zero; an unusable one adds nothing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s --implicit-check-not=fastmath --implicit-check-not=fma

// CHECK-LABEL: func.func private @group_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %[[Y:[a-z0-9]+]]: memref<?x6x32xf32,
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<16xf32>
// CHECK: %[[TOTAL:.*]]:2 = scf.for %[[G:.*]] = %c0 to %c3 step %c1 iter_args(%[[T0:.*]] = %[[ZERO]], %[[T1:.*]] = %[[ZERO]])
// CHECK: %[[FIRST:.*]] = arith.muli %[[H]], %c3
// CHECK: %[[HEAD:.*]] = arith.addi %[[FIRST]], %[[G]]
// CHECK: %[[Y0:.*]] = vector.load %[[Y]][%[[B]], %[[HEAD]], %c0]
// CHECK: %[[USABLE:.*]] = arith.andi
// CHECK: %[[SAFE:.*]] = arith.select %[[USABLE]],
// CHECK: %[[DIVISOR:.*]] = vector.broadcast %[[SAFE]]
// CHECK: %[[SHARE:.*]] = arith.divf %[[Y0]], %[[DIVISOR]]
// CHECK: %[[AFTER:.*]] = arith.addf %[[T0]], %[[SHARE]]
// CHECK: %[[N0:.*]] = arith.select %[[USABLE]], %[[AFTER]], %[[T0]]
// CHECK: scf.yield %[[N0]],
// CHECK: math.absf %[[TOTAL]]#0
// CHECK: arith.mulf %[[TOTAL]]#0,
func.func @group(%y: tensor<?x6x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<?x2x32xi8>, tensor<?x2x?xi32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %w = adamas.weigh %y kv_heads 2 in global : tensor<?x6x32xf32>
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %w, %d : tensor<?x2x32xi8>, tensor<?x2x?xi32>
  } : tensor<?x2x32xi8>, tensor<?x2x?xi32>
  return %0#0, %0#1 : tensor<?x2x32xi8>, tensor<?x2x?xi32>
}
