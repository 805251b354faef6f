// A row that nobody uses is a kernel of rows: single passes see such ops, pipelines remove them before.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-assign-placements="processor=gpu" --adamas-form-kernels="processor=gpu" | FileCheck %s

// CHECK-LABEL: func.func @f(
// CHECK: adamas.kernel row
// CHECK: adamas.hadamard {{.*}} in registers :
// CHECK: adamas.hadamard {{.*}} in global :
// CHECK: return
func.func @f(%query: tensor<?x8x64xf16>) -> tensor<?x8x64xf32> {
  %y = adamas.hadamard %query : tensor<?x8x64xf16>
  %z = adamas.hadamard %query : tensor<?x8x64xf16>
  return %z : tensor<?x8x64xf32>
}
