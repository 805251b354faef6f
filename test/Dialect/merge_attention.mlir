// Round trip of adamas.merge_attention: element types, parts, query tokens, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @att_4_to_every_element_type(
func.func @att_4_to_every_element_type(%o: tensor<?x9x3x64xf32>, %l: tensor<?x9x3xf32>) -> (tensor<?x9x64xf16>, tensor<?x9x64xbf16>, tensor<?x9x64xf32>, tensor<?x9xf32>) {
  // CHECK: adamas.merge_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} to f16 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  %0, %1 = adamas.merge_attention %o, %l to f16 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  // CHECK: adamas.merge_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} to bf16 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  %2, %3 = adamas.merge_attention %o, %l to bf16 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  // CHECK: adamas.merge_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} to f32 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  %4, %5 = adamas.merge_attention %o, %l to f32 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  return %0, %2, %4, %5 : tensor<?x9x64xf16>, tensor<?x9x64xbf16>, tensor<?x9x64xf32>, tensor<?x9xf32>
}

// CHECK-LABEL: func.func @att_4_query_tokens(
func.func @att_4_query_tokens(%o: tensor<2x8x9x1x64xf32>, %l: tensor<2x8x9x1xf32>) -> (tensor<2x8x9x64xbf16>, tensor<2x8x9xf32>) {
  // CHECK: adamas.merge_attention %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} to bf16 in global : tensor<2x8x9x1x64xf32>, tensor<2x8x9x1xf32>
  %0, %1 = adamas.merge_attention %o, %l to bf16 in global : tensor<2x8x9x1x64xf32>, tensor<2x8x9x1xf32>
  return %0, %1 : tensor<2x8x9x64xbf16>, tensor<2x8x9xf32>
}
