// Round trip of adamas.partial_attention: lists, lengths, parts, query tokens, scale, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @sel_4_lists_of_one_part(
func.func @sel_4_lists_of_one_part(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x1x128xi32>, %m: tensor<?x9x1xi32>, %j: tensor<?x3x1x128xi32>, %l: tensor<?x3x1xi32>) -> (tensor<?x9x1x64xf32>, tensor<?x9x1xf32>) {
  // CHECK: adamas.partial_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} indices(%{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x1x128xi32>, tensor<?x9x1xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  %0, %1 = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x9x1x128xi32>, tensor<?x9x1xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  // CHECK: adamas.partial_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} indices(%{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x3x1x128xi32>, tensor<?x3x1xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  %2, %3 = adamas.partial_attention %q, %k, %k indices(%j, %l : tensor<?x3x1x128xi32>, tensor<?x3x1xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return %0, %1 : tensor<?x9x1x64xf32>, tensor<?x9x1xf32>
}

// CHECK-LABEL: func.func @att_4_lists_of_parts_with_query_tokens(
func.func @att_4_lists_of_parts_with_query_tokens(%q: tensor<2x8x9x64xbf16>, %k: tensor<1x3x512x64xbf16>, %i: tensor<2x8x9x7x128xi32>, %m: tensor<2x8x9x7xi32>) -> (tensor<2x8x9x7x64xf32>, tensor<2x8x9x7xf32>) {
  // CHECK: adamas.partial_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} indices(%{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<2x8x9x7x128xi32>, tensor<2x8x9x7xi32>) scale 5.000000e-01 in shared : tensor<2x8x9x64xbf16>, tensor<1x3x512x64xbf16>
  %0, %1 = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<2x8x9x7x128xi32>, tensor<2x8x9x7xi32>) scale 5.000000e-01 in shared : tensor<2x8x9x64xbf16>, tensor<1x3x512x64xbf16>
  return %0, %1 : tensor<2x8x9x7x64xf32>, tensor<2x8x9x7xf32>
}

// CHECK-LABEL: func.func @att_1_every_visible_token(
func.func @att_1_every_visible_token(%q: tensor<?x9x64xf32>, %k: tensor<?x3x?x64xf32>, %n: tensor<?xi32>) -> (tensor<?x9x1x64xf32>, tensor<?x9x1xf32>) {
  // CHECK: adamas.partial_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) : tensor<?x9x64xf32>, tensor<?x3x?x64xf32>
  %0, %1 = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) : tensor<?x9x64xf32>, tensor<?x3x?x64xf32>
  return %0, %1 : tensor<?x9x1x64xf32>, tensor<?x9x1xf32>
}

// CHECK-LABEL: func.func @att_4_every_visible_token_of_parts(
func.func @att_4_every_visible_token_of_parts(%q: tensor<?x9x64xf32>, %k: tensor<?x3x?x64xf32>, %n: tensor<?xi32>, %p: tensor<4xi32>) -> (tensor<?x9x3x64xf32>, tensor<?x9x3xf32>) {
  // CHECK: adamas.partial_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) parts(%{{[a-z0-9#]+}} : tensor<4xi32>) in global : tensor<?x9x64xf32>, tensor<?x3x?x64xf32>
  %0, %1 = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) parts(%p : tensor<4xi32>) in global : tensor<?x9x64xf32>, tensor<?x3x?x64xf32>
  return %0, %1 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
}
