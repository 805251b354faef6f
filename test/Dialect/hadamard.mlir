// Round trip of adamas.hadamard: ranks, element types, head dimensions, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @had_1_dim_is_2(
func.func @had_1_dim_is_2(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<2xf32>
  %y = adamas.hadamard %x : tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: func.func @had_1_dim_is_64(
func.func @had_1_dim_is_64(%query: tensor<?x9x64xf16>) -> tensor<?x9x64xf32> {
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<?x9x64xf16>
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  return %y : tensor<?x9x64xf32>
}

// CHECK-LABEL: func.func @had_1_dim_is_1024(
func.func @had_1_dim_is_1024(%x: tensor<4x1024xbf16>) -> tensor<4x1024xf32> {
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<4x1024xbf16>
  %y = adamas.hadamard %x : tensor<4x1024xbf16>
  return %y : tensor<4x1024xf32>
}

// CHECK-LABEL: func.func @had_2_result_is_f32(
func.func @had_2_result_is_f32(%f16: tensor<?x32xf16>, %bf16: tensor<?x32xbf16>, %f32: tensor<?x32xf32>) -> (tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>) {
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<?x32xf16>
  %0 = adamas.hadamard %f16 : tensor<?x32xf16>
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<?x32xbf16>
  %1 = adamas.hadamard %bf16 : tensor<?x32xbf16>
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<?x32xf32>
  %2 = adamas.hadamard %f32 : tensor<?x32xf32>
  return %0, %1, %2 : tensor<?x32xf32>, tensor<?x32xf32>, tensor<?x32xf32>
}

// CHECK-LABEL: func.func @had_4_twice(
func.func @had_4_twice(%x: tensor<?x32xf32>) -> tensor<?x32xf32> {
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<?x32xf32>
  %0 = adamas.hadamard %x : tensor<?x32xf32>
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<?x32xf32>
  %1 = adamas.hadamard %0 : tensor<?x32xf32>
  return %1 : tensor<?x32xf32>
}

// CHECK-LABEL: func.func @key_of_dynamic_batch_and_tokens(
func.func @key_of_dynamic_batch_and_tokens(%key: tensor<?x3x?x128xbf16>) -> tensor<?x3x?x128xf32> {
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<?x3x?x128xbf16>
  %y = adamas.hadamard %key : tensor<?x3x?x128xbf16>
  return %y : tensor<?x3x?x128xf32>
}

// CHECK-LABEL: func.func @no_tokens(
func.func @no_tokens(%key: tensor<1x3x0x128xf16>) -> tensor<1x3x0x128xf32> {
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<1x3x0x128xf16>
  %y = adamas.hadamard %key : tensor<1x3x0x128xf16>
  return %y : tensor<1x3x0x128xf32>
}

// CHECK-LABEL: func.func @every_placement(
func.func @every_placement(%x: tensor<?x32xf32>) {
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} in registers : tensor<?x32xf32>
  %0 = adamas.hadamard %x in registers : tensor<?x32xf32>
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} in shared : tensor<?x32xf32>
  %1 = adamas.hadamard %x in shared : tensor<?x32xf32>
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} in cluster : tensor<?x32xf32>
  %2 = adamas.hadamard %x in cluster : tensor<?x32xf32>
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} in global : tensor<?x32xf32>
  %3 = adamas.hadamard %x in global : tensor<?x32xf32>
  return
}

// CHECK-LABEL: func.func @discardable_attributes_stay(
func.func @discardable_attributes_stay(%x: tensor<?x32xf32>) {
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} {note = "kept"} : tensor<?x32xf32>
  %0 = adamas.hadamard %x {note = "kept"} : tensor<?x32xf32>
  return
}
