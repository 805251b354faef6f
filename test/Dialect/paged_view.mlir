// Round trip of adamas.paged_view: pools of values and of codes, both layouts, dynamic and static sizes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @kv_1_head_major(
func.func @kv_1_head_major(%pool: tensor<?x3x16x64xf16>, %table: tensor<?x8xi32>) -> tensor<?x3x128x64xf16> {
  // CHECK: adamas.paged_view %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x3x16x64xf16>, tensor<?x8xi32>
  %0 = adamas.paged_view %pool, %table : tensor<?x3x16x64xf16>, tensor<?x8xi32>
  return %0 : tensor<?x3x128x64xf16>
}

// CHECK-LABEL: func.func @kv_1_token_major(
func.func @kv_1_token_major(%pool: tensor<7x16x3x64xbf16>, %table: tensor<2x8xi32>) -> tensor<2x3x128x64xbf16> {
  // CHECK: adamas.paged_view %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} layout token_major : tensor<7x16x3x64xbf16>, tensor<2x8xi32>
  %0 = adamas.paged_view %pool, %table layout token_major : tensor<7x16x3x64xbf16>, tensor<2x8xi32>
  return %0 : tensor<2x3x128x64xbf16>
}

// CHECK-LABEL: func.func @kv_1_codes(
func.func @kv_1_codes(%pool: tensor<?x3x16x!adamas.codes<64, 2>>, %table: tensor<?x8xi32>, %other: tensor<?x16x3x!adamas.codes<64, 4>>) -> (tensor<?x3x128x!adamas.codes<64, 2>>, tensor<?x3x128x!adamas.codes<64, 4>>) {
  // CHECK: adamas.paged_view %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x3x16x!adamas.codes<64, 2>>, tensor<?x8xi32>
  %0 = adamas.paged_view %pool, %table : tensor<?x3x16x!adamas.codes<64, 2>>, tensor<?x8xi32>
  // CHECK: adamas.paged_view %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} layout token_major : tensor<?x16x3x!adamas.codes<64, 4>>, tensor<?x8xi32>
  %1 = adamas.paged_view %other, %table layout token_major : tensor<?x16x3x!adamas.codes<64, 4>>, tensor<?x8xi32>
  return %0, %1 : tensor<?x3x128x!adamas.codes<64, 2>>, tensor<?x3x128x!adamas.codes<64, 4>>
}

// CHECK-LABEL: func.func @kv_1_page_of_1(
func.func @kv_1_page_of_1(%pool: tensor<?x1x3x64xf32>, %table: tensor<?x?xi32>) -> tensor<?x3x?x64xf32> {
  // CHECK: adamas.paged_view %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} layout token_major : tensor<?x1x3x64xf32>, tensor<?x?xi32>
  %0 = adamas.paged_view %pool, %table layout token_major : tensor<?x1x3x64xf32>, tensor<?x?xi32>
  return %0 : tensor<?x3x?x64xf32>
}

// CHECK-LABEL: func.func @kv_1_dynamic_page_or_no_page(
func.func @kv_1_dynamic_page_or_no_page(%pool: tensor<?x3x?x64xf32>, %table: tensor<?x8xi32>, %empty: tensor<?x0xi32>, %fixed: tensor<?x3x16x64xf32>) -> (tensor<?x3x?x64xf32>, tensor<?x3x0x64xf32>) {
  // CHECK: adamas.paged_view %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x3x?x64xf32>, tensor<?x8xi32>
  %0 = adamas.paged_view %pool, %table : tensor<?x3x?x64xf32>, tensor<?x8xi32>
  // CHECK: adamas.paged_view %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x3x16x64xf32>, tensor<?x0xi32>
  %1 = adamas.paged_view %fixed, %empty : tensor<?x3x16x64xf32>, tensor<?x0xi32>
  return %0, %1 : tensor<?x3x?x64xf32>, tensor<?x3x0x64xf32>
}

// 65535 * 32769 = 2147516415 is too much, 65535 * 32768 is not.
// CHECK-LABEL: func.func @sel_5_positions_fit_i32(
func.func @sel_5_positions_fit_i32(%pool: tensor<?x3x32768x64xf32>, %table: tensor<?x65535xi32>) -> tensor<?x3x2147450880x64xf32> {
  // CHECK: adamas.paged_view %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x3x32768x64xf32>, tensor<?x65535xi32>
  %0 = adamas.paged_view %pool, %table : tensor<?x3x32768x64xf32>, tensor<?x65535xi32>
  return %0 : tensor<?x3x2147450880x64xf32>
}
