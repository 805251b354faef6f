// Attention becomes partial attention over one part and a merge; lists and lengths get an axis of parts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-attention | FileCheck %s

// CHECK-LABEL: func.func @sparse(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: {{.*}}, %[[K:[a-z0-9]+]]: {{.*}}, %[[V:[a-z0-9]+]]: {{.*}}, %[[I:[a-z0-9]+]]: tensor<?x9x128xi32>, %[[M:[a-z0-9]+]]: tensor<?x9xi32>)
func.func @sparse(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %v: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) -> (tensor<?x9x64xf16>, tensor<?x9xf32>) {
  // CHECK: %[[J:.*]] = adamas.add_part_axis %[[I]] : tensor<?x9x128xi32> -> tensor<?x9x1x128xi32>
  // CHECK: %[[L:.*]] = adamas.add_part_axis %[[M]] : tensor<?x9xi32> -> tensor<?x9x1xi32>
  // CHECK: %[[O:.*]], %[[E:.*]] = adamas.partial_attention %[[Q]], %[[K]], %[[V]] indices(%[[J]], %[[L]] : tensor<?x9x1x128xi32>, tensor<?x9x1xi32>) scale 2.500000e-01 : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  // CHECK: %[[R:.*]], %[[S:.*]] = adamas.merge_attention %[[O]], %[[E]] to f16 : tensor<?x9x1x64xf32>, tensor<?x9x1xf32>
  // CHECK: return %[[R]], %[[S]]
  %o, %lse = adamas.sparse_attention %q, %k, %v, %i, %m scale 2.500000e-01 lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o, %lse : tensor<?x9x64xf16>, tensor<?x9xf32>
}

// CHECK-LABEL: func.func @sparse_per_kv_head_with_query_tokens(
func.func @sparse_per_kv_head_with_query_tokens(%q: tensor<2x4x9x64xbf16>, %k: tensor<1x3x64x64xbf16>, %i: tensor<2x4x3x16xi32>, %m: tensor<2x4x3xi32>) -> tensor<2x4x9x64xbf16> {
  // CHECK: adamas.add_part_axis %{{[a-z0-9]+}} : tensor<2x4x3x16xi32> -> tensor<2x4x3x1x16xi32>
  // CHECK: adamas.add_part_axis %{{[a-z0-9]+}} : tensor<2x4x3xi32> -> tensor<2x4x3x1xi32>
  // CHECK: adamas.partial_attention
  // CHECK: adamas.merge_attention %{{.*}} to bf16 : tensor<2x4x9x1x64xf32>, tensor<2x4x9x1xf32>
  %o = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<2x4x9x64xbf16>, tensor<1x3x64x64xbf16>, tensor<2x4x3x16xi32>, tensor<2x4x3xi32>
  return %o : tensor<2x4x9x64xbf16>
}

// CHECK-LABEL: func.func @dense(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: {{.*}}, %[[K:[a-z0-9]+]]: {{.*}}, %[[V:[a-z0-9]+]]: {{.*}}, %[[N:[a-z0-9]+]]: tensor<?xi32>)
func.func @dense(%q: tensor<?x9x64xf32>, %k: tensor<?x3x?x64xf32>, %v: tensor<?x3x?x64xf32>, %n: tensor<?xi32>) -> (tensor<?x9x64xf32>, tensor<?x9xf32>) {
  // CHECK-NEXT: %[[O:.*]], %[[E:.*]] = adamas.partial_attention %[[Q]], %[[K]], %[[V]] seq_lens(%[[N]] : tensor<?xi32>) scale 1.000000e+00 : tensor<?x9x64xf32>, tensor<?x3x?x64xf32>
  // CHECK-NEXT: %[[R:.*]], %[[S:.*]] = adamas.merge_attention %[[O]], %[[E]] to f32 : tensor<?x9x1x64xf32>, tensor<?x9x1xf32>
  // CHECK-NEXT: return %[[R]], %[[S]]
  %o, %lse = adamas.dense_attention %q, %k, %v, %n scale 1.000000e+00 lse : tensor<?x9x64xf32>, tensor<?x3x?x64xf32>, tensor<?xi32>
  return %o, %lse : tensor<?x9x64xf32>, tensor<?x9xf32>
}
