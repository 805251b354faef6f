// Round trip of adamas.sparse_attention: element types, groups, query tokens, shared lists, scale, lse.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @att_1_element_types(
func.func @att_1_element_types(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %bq: tensor<2x9x64xbf16>, %bk: tensor<2x3x512x64xbf16>, %fq: tensor<?x9x64xf32>, %fk: tensor<?x3x?x64xf32>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) -> (tensor<?x9x64xf16>, tensor<2x9x64xbf16>, tensor<?x9x64xf32>) {
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<2x9x64xbf16>, tensor<2x3x512x64xbf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  %1 = adamas.sparse_attention %bq, %bk, %bk, %i, %m : tensor<2x9x64xbf16>, tensor<2x3x512x64xbf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x64xf32>, tensor<?x3x?x64xf32>, tensor<?x9x128xi32>, tensor<?x9xi32>
  %2 = adamas.sparse_attention %fq, %fk, %fk, %i, %m : tensor<?x9x64xf32>, tensor<?x3x?x64xf32>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %0, %1, %2 : tensor<?x9x64xf16>, tensor<2x9x64xbf16>, tensor<?x9x64xf32>
}

// Only codes ask for a power of two: attention itself takes any head dimension.
// CHECK-LABEL: func.func @att_1_dim_is_96(
func.func @att_1_dim_is_96(%q: tensor<?x9x96xf16>, %k: tensor<?x3x?x96xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x96xf16>, tensor<?x3x?x96xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x96xf16>, tensor<?x3x?x96xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// CHECK-LABEL: func.func @att_3_lse(
func.func @att_3_lse(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) -> (tensor<?x9x64xf16>, tensor<?x9xf32>) {
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  %o, %lse = adamas.sparse_attention %q, %k, %k, %i, %m lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o, %lse : tensor<?x9x64xf16>, tensor<?x9xf32>
}

// CHECK-LABEL: func.func @scale(
func.func @scale(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) -> (tensor<?x9x64xf16>, tensor<?x9xf32>) {
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} scale 1.250000e-01 lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  %o, %lse = adamas.sparse_attention %q, %k, %k, %i, %m scale 1.250000e-01 lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o, %lse : tensor<?x9x64xf16>, tensor<?x9xf32>
}

// CHECK-LABEL: func.func @sel_4_one_list_per_query_head_or_per_kv_head(
func.func @sel_4_one_list_per_query_head_or_per_kv_head(%q: tensor<?x16x64xf16>, %k: tensor<1x2x?x64xf16>, %i: tensor<?x16x128xi32>, %m: tensor<?x16xi32>, %j: tensor<?x2x128xi32>, %l: tensor<?x2xi32>) {
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x16x64xf16>, tensor<1x2x?x64xf16>, tensor<?x16x128xi32>, tensor<?x16xi32>
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x16x64xf16>, tensor<1x2x?x64xf16>, tensor<?x16x128xi32>, tensor<?x16xi32>
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x16x64xf16>, tensor<1x2x?x64xf16>, tensor<?x2x128xi32>, tensor<?x2xi32>
  %1 = adamas.sparse_attention %q, %k, %k, %j, %l : tensor<?x16x64xf16>, tensor<1x2x?x64xf16>, tensor<?x2x128xi32>, tensor<?x2xi32>
  return
}

// CHECK-LABEL: func.func @nq_1_query_tokens_are_1_to_8(
func.func @nq_1_query_tokens_are_1_to_8(%one: tensor<?x1x9x64xf16>, %eight: tensor<?x8x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x1x9x128xi32>, %m: tensor<?x1x9xi32>, %j: tensor<?x8x3x128xi32>, %l: tensor<?x8x3xi32>) -> (tensor<?x1x9x64xf16>, tensor<?x8x9x64xf16>, tensor<?x8x9xf32>) {
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x1x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x1x9x128xi32>, tensor<?x1x9xi32>
  %0 = adamas.sparse_attention %one, %k, %k, %i, %m : tensor<?x1x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x1x9x128xi32>, tensor<?x1x9xi32>
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} lse : tensor<?x8x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x8x3x128xi32>, tensor<?x8x3xi32>
  %1, %2 = adamas.sparse_attention %eight, %k, %k, %j, %l lse : tensor<?x8x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x8x3x128xi32>, tensor<?x8x3xi32>
  return %0, %1, %2 : tensor<?x1x9x64xf16>, tensor<?x8x9x64xf16>, tensor<?x8x9xf32>
}

// CHECK-LABEL: func.func @dst_2_group_of_5(
func.func @dst_2_group_of_5(%q: tensor<?x15x128xbf16>, %k: tensor<?x3x?x128xbf16>, %i: tensor<?x15x128xi32>, %m: tensor<?x15xi32>) {
  // CHECK: adamas.sparse_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x15x128xbf16>, tensor<?x3x?x128xbf16>, tensor<?x15x128xi32>, tensor<?x15xi32>
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x15x128xbf16>, tensor<?x3x?x128xbf16>, tensor<?x15x128xi32>, tensor<?x15xi32>
  return
}
