// Without launches there is no parallel loop; a launch without arguments passes an empty table.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --convert-adamas-launch-to-llvm | FileCheck %s

// CHECK-LABEL: module
// CHECK-NOT: adamas_parallel_for
// CHECK: func.func private @host
func.func private @host(%n: index) {
  return
}

// -----

// CHECK-LABEL: module
// CHECK: llvm.func @adamas_parallel_for
func.func private @kernel(%b: index, %h: index, %p: index) {
  return
}
// CHECK: func.func private @bare
// CHECK: llvm.mlir.constant(0 : i64)
// CHECK: llvm.call @adamas_parallel_for
func.func private @bare(%n: index) {
  adamas.launch @kernel grid(%n, %n, %n)
  return
}
// CHECK: llvm.func internal @kernel_item
