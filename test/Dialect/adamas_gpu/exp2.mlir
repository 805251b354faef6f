// Round trip of adamas_gpu.exp2.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @unary(
// CHECK-SAME: %[[X:.*]]: f32
func.func @unary(%x: f32) -> f32 {
  // CHECK: %[[Y:.*]] = adamas_gpu.exp2 %[[X]]
  // CHECK: return %[[Y]] : f32
  %y = adamas_gpu.exp2 %x
  return %y : f32
}
