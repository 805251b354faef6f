// Round trip of adamas.yield: none, one and several values.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @values(
func.func @values(%x: tensor<?x64xf16>, %y: tensor<f32>) {
  // CHECK: adamas.kernel row #adamas.cpu<16, words> {
  adamas.kernel row #adamas.cpu<16, words> {
    // CHECK: adamas.yield
    adamas.yield
  // CHECK: }
  }
  // CHECK: adamas.kernel row #adamas.cpu<16, words> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    // CHECK: adamas.yield %{{[a-z0-9#]+}} : tensor<?x64xf16>
    adamas.yield %x : tensor<?x64xf16>
  // CHECK: } : tensor<?x64xf16>
  } : tensor<?x64xf16>
  // CHECK: adamas.kernel row #adamas.cpu<16, words> {
  %1:2 = adamas.kernel row #adamas.cpu<16, words> {
    // CHECK: adamas.yield %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x64xf16>, tensor<f32> {note = "kept"}
    adamas.yield %x, %y : tensor<?x64xf16>, tensor<f32> {note = "kept"}
  // CHECK: } : tensor<?x64xf16>, tensor<f32>
  } : tensor<?x64xf16>, tensor<f32>
  return
}
