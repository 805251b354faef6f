// Round trip of adamas.weigh: range, cap, shared groups, query tokens, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @had_1_pak_3_dim_is_32_to_1024(
func.func @had_1_pak_3_dim_is_32_to_1024(%a: tensor<?x1x32xf32>, %b: tensor<?x1x1024xf32>) -> (tensor<?x1x32xi8>, tensor<?x1x1024xi8>) {
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} : tensor<?x1x32xf32>
  %0 = adamas.weigh %a : tensor<?x1x32xf32>
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} : tensor<?x1x1024xf32>
  %1 = adamas.weigh %b : tensor<?x1x1024xf32>
  return %0, %1 : tensor<?x1x32xi8>, tensor<?x1x1024xi8>
}

// CHECK-LABEL: func.func @wgt_1_range_is_1_to_32768(
func.func @wgt_1_range_is_1_to_32768(%y: tensor<2x9x64xf32>) -> (tensor<2x9x64xi8>, tensor<2x9x64xi8>) {
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} range 1 : tensor<2x9x64xf32>
  %0 = adamas.weigh %y range 1 : tensor<2x9x64xf32>
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} range 32768 : tensor<2x9x64xf32>
  %1 = adamas.weigh %y range 32768 : tensor<2x9x64xf32>
  return %0, %1 : tensor<2x9x64xi8>, tensor<2x9x64xi8>
}

// CHECK-LABEL: func.func @wgt_2_cap_is_1_to_127(
func.func @wgt_2_cap_is_1_to_127(%y: tensor<2x9x64xf32>) -> (tensor<2x9x64xi8>, tensor<2x9x64xi8>) {
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} cap 1 : tensor<2x9x64xf32>
  %0 = adamas.weigh %y cap 1 : tensor<2x9x64xf32>
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} cap 127 : tensor<2x9x64xf32>
  %1 = adamas.weigh %y cap 127 : tensor<2x9x64xf32>
  return %0, %1 : tensor<2x9x64xi8>, tensor<2x9x64xi8>
}

// 7 is the default, so it is not printed.
// CHECK-LABEL: func.func @wgt_2_cap_7_is_not_printed(
func.func @wgt_2_cap_7_is_not_printed(%y: tensor<2x9x64xf32>) -> tensor<2x9x64xi8> {
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} : tensor<2x9x64xf32>
  %0 = adamas.weigh %y cap 7 : tensor<2x9x64xf32>
  return %0 : tensor<2x9x64xi8>
}

// CHECK-LABEL: func.func @wgt_4_kv_heads_divide_the_heads(
func.func @wgt_4_kv_heads_divide_the_heads(%y: tensor<?x15x64xf32>) -> (tensor<?x1x64xi8>, tensor<?x3x64xi8>, tensor<?x5x64xi8>, tensor<?x15x64xi8>) {
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} kv_heads 1 : tensor<?x15x64xf32>
  %0 = adamas.weigh %y kv_heads 1 : tensor<?x15x64xf32>
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} kv_heads 3 : tensor<?x15x64xf32>
  %1 = adamas.weigh %y kv_heads 3 : tensor<?x15x64xf32>
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} kv_heads 5 : tensor<?x15x64xf32>
  %2 = adamas.weigh %y kv_heads 5 : tensor<?x15x64xf32>
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} kv_heads 15 : tensor<?x15x64xf32>
  %3 = adamas.weigh %y kv_heads 15 : tensor<?x15x64xf32>
  return %0, %1, %2, %3 : tensor<?x1x64xi8>, tensor<?x3x64xi8>, tensor<?x5x64xi8>, tensor<?x15x64xi8>
}

// CHECK-LABEL: func.func @wgt_4_kv_heads_with_query_tokens(
func.func @wgt_4_kv_heads_with_query_tokens(%y: tensor<?x8x128x128xf32>) -> tensor<?x8x8x128xi8> {
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} range 256 cap 15 kv_heads 8 in registers : tensor<?x8x128x128xf32>
  %0 = adamas.weigh %y range 256 cap 15 kv_heads 8 in registers : tensor<?x8x128x128xf32>
  return %0 : tensor<?x8x8x128xi8>
}

// CHECK-LABEL: func.func @nq_1_query_tokens_are_1_to_8(
func.func @nq_1_query_tokens_are_1_to_8(%one: tensor<?x1x9x64xf32>, %eight: tensor<?x8x9x64xf32>) -> (tensor<?x1x9x64xi8>, tensor<?x8x9x64xi8>) {
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} : tensor<?x1x9x64xf32>
  %0 = adamas.weigh %one : tensor<?x1x9x64xf32>
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} : tensor<?x8x9x64xf32>
  %1 = adamas.weigh %eight : tensor<?x8x9x64xf32>
  return %0, %1 : tensor<?x1x9x64xi8>, tensor<?x8x9x64xi8>
}
