// Round trip of adamas.dense_attention: element types, groups, query tokens, scale, lse.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @att_1_element_types(
func.func @att_1_element_types(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %bq: tensor<2x9x256xbf16>, %bk: tensor<2x3x512x256xbf16>, %fq: tensor<?x9x32xf32>, %fk: tensor<1x3x?x32xf32>, %n: tensor<?xi32>) -> (tensor<?x9x64xf16>, tensor<2x9x256xbf16>, tensor<?x9x32xf32>) {
  // CHECK: adamas.dense_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  %0 = adamas.dense_attention %q, %k, %k, %n : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  // CHECK: adamas.dense_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<2x9x256xbf16>, tensor<2x3x512x256xbf16>, tensor<?xi32>
  %1 = adamas.dense_attention %bq, %bk, %bk, %n : tensor<2x9x256xbf16>, tensor<2x3x512x256xbf16>, tensor<?xi32>
  // CHECK: adamas.dense_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x32xf32>, tensor<1x3x?x32xf32>, tensor<?xi32>
  %2 = adamas.dense_attention %fq, %fk, %fk, %n : tensor<?x9x32xf32>, tensor<1x3x?x32xf32>, tensor<?xi32>
  return %0, %1, %2 : tensor<?x9x64xf16>, tensor<2x9x256xbf16>, tensor<?x9x32xf32>
}

// CHECK-LABEL: func.func @att_3_scale_and_lse(
func.func @att_3_scale_and_lse(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) -> (tensor<?x9x64xf16>, tensor<?x9xf32>) {
  // CHECK: adamas.dense_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} scale 1.000000e+00 lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  %o, %lse = adamas.dense_attention %q, %k, %k, %n scale 1.000000e+00 lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return %o, %lse : tensor<?x9x64xf16>, tensor<?x9xf32>
}

// CHECK-LABEL: func.func @nq_1_query_tokens_are_1_to_8(
func.func @nq_1_query_tokens_are_1_to_8(%one: tensor<?x1x9x64xf16>, %eight: tensor<?x8x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) -> (tensor<?x1x9x64xf16>, tensor<?x8x9x64xf16>, tensor<?x8x9xf32>) {
  // CHECK: adamas.dense_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x1x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  %0 = adamas.dense_attention %one, %k, %k, %n : tensor<?x1x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  // CHECK: adamas.dense_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} lse : tensor<?x8x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  %1, %2 = adamas.dense_attention %eight, %k, %k, %n lse : tensor<?x8x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return %0, %1, %2 : tensor<?x1x9x64xf16>, tensor<?x8x9x64xf16>, tensor<?x8x9xf32>
}

// CHECK-LABEL: func.func @dst_2_groups_of_1_and_16(
func.func @dst_2_groups_of_1_and_16(%a: tensor<2x2x64xf16>, %b: tensor<2x32x64xf16>, %k: tensor<2x2x8x64xf16>, %n: tensor<2xi32>) {
  // CHECK: adamas.dense_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<2x2x64xf16>, tensor<2x2x8x64xf16>, tensor<2xi32>
  %0 = adamas.dense_attention %a, %k, %k, %n : tensor<2x2x64xf16>, tensor<2x2x8x64xf16>, tensor<2xi32>
  // CHECK: adamas.dense_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<2x32x64xf16>, tensor<2x2x8x64xf16>, tensor<2xi32>
  %1 = adamas.dense_attention %b, %k, %k, %n : tensor<2x32x64xf16>, tensor<2x2x8x64xf16>, tensor<2xi32>
  return
}
