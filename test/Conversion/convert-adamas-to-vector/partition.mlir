// Boundaries of parts: whole tiles as even as they come, or given ones, on the host's stack.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @even(
// CHECK-SAME: %[[C:[a-z0-9]+]]: memref<?x2x1x?x1x16xi32, {{.*}}, %[[OUT:[a-z0-9]+]]: memref<4xi32,
// CHECK: %[[CODE_TILES:.*]] = memref.dim %[[C]], %c3
// CHECK: %[[TOKENS:.*]] = arith.muli %[[CODE_TILES]], %c16
// CHECK: %[[TILES:.*]] = arith.ceildivui %[[TOKENS]], %c32
// CHECK: %[[PARTS:.*]] = memref.alloca() : memref<4xi32>
// CHECK: memref.store %c0_i32, %[[PARTS]][%c0]
// CHECK: %[[ONE:.*]] = arith.divui %[[TILES]], %c3
// CHECK: %[[FIRST:.*]] = arith.muli %[[ONE]], %c32
// CHECK: %[[B1:.*]] = arith.index_cast %[[FIRST]]
// CHECK: memref.store %[[B1]], %[[PARTS]][%c1]
// CHECK: %[[TWICE:.*]] = arith.muli %[[TILES]], %c2
// CHECK: arith.divui %[[TWICE]], %c3
// CHECK: memref.store %{{.*}}, %[[PARTS]][%c2]
// CHECK: memref.store %{{.*}}, %[[PARTS]][%c3]
// CHECK: %[[COPIED:.*]] = memref.load %[[PARTS]]
// CHECK: memref.store %[[COPIED]], %[[OUT]]
func.func @even(%c: tensor<?x2x?x!adamas.codes<32, 1>>, %q: tensor<?x2x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<4xi32>, tensor<?x2x?xi32>) {
  %p = adamas.partition %c ways 3 tile 32 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %p, %0 : tensor<4xi32>, tensor<?x2x?xi32>
}

// CHECK-LABEL: func.func @given(
// CHECK-DAG: %[[B1:.*]] = arith.constant 48 : i32
// CHECK: %[[PARTS:.*]] = memref.alloca() : memref<3xi32>
// CHECK: memref.store %c0_i32, %[[PARTS]][%c0]
// CHECK: memref.store %[[B1]], %[[PARTS]][%c1]
// CHECK: memref.store %{{.*}}, %[[PARTS]][%c2]
// CHECK: adamas.launch @given_kernel0 grid(%{{.*}}, %c2, %c2) args({{.*}}%[[PARTS]],
func.func @given(%q: tensor<?x2x32xf32>, %k: tensor<?x2x?x32xf32>, %n: tensor<?xi32>) -> tensor<?x2x2xf32> {
  %p = arith.constant dense<[0, 48, 4096]> : tensor<3xi32>
  %0 = adamas.kernel part #adamas.cpu<16, words> {
    %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) in global : tensor<?x2x32xf32>, tensor<?x2x?x32xf32>
    adamas.yield %lse : tensor<?x2x2xf32>
  } : tensor<?x2x2xf32>
  return %0 : tensor<?x2x2xf32>
}
