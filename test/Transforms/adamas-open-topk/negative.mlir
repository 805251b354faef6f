// What the pass leaves alone: attention, distances, and selections that are open already.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-topk | FileCheck %s
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-topk | FileCheck %s

// CHECK-LABEL: func.func @no_change_to_attention(
func.func @no_change_to_attention(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %d: tensor<?x9x?xi32>, %n: tensor<?xi32>) -> (tensor<?x9x64xf16>, tensor<?x9x64xf16>) {
  // CHECK: %[[J:.*]], %[[L:.*]] = adamas.join
  // CHECK: adamas.sparse_attention %{{[a-z0-9]+}}, %{{[a-z0-9]+}}, %{{[a-z0-9]+}}, %[[J]], %[[L]] :
  // CHECK: adamas.dense_attention
  %i, %m = adamas.topk %d budget 16 bound 192 : tensor<?x9x?xi32>
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x16xi32>, tensor<?x9xi32>
  %1 = adamas.dense_attention %q, %k, %k, %n : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return %0, %1 : tensor<?x9x64xf16>, tensor<?x9x64xf16>
}

// CHECK-LABEL: func.func @no_change_to_staged_ops(
func.func @no_change_to_staged_ops(%d: tensor<?x9x?xi32>) -> tensor<?x9xi32> {
  // CHECK-NEXT: adamas.histogram %{{[a-z0-9]+}} bins 193 : tensor<?x9x?xi32>
  // CHECK-NEXT: adamas.threshold %{{[a-z0-9]+}} need 15 : tensor<?x9x1x193xi32>
  // CHECK-NEXT: return
  %h = adamas.histogram %d bins 193 : tensor<?x9x?xi32>
  %t, %s = adamas.threshold %h need 15 : tensor<?x9x1x193xi32>
  return %t : tensor<?x9xi32>
}
