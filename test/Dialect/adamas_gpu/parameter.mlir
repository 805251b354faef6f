// Round trip of adamas_gpu.parameter: sizes and pointers, at the first and the last offset.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @size(
// CHECK-SAME: %[[BLOCK:.*]]: !llvm.ptr
func.func @size(%block: !llvm.ptr) -> i64 {
  // CHECK: adamas_gpu.parameter %[[BLOCK]][0] : !llvm.ptr -> i64
  %n = adamas_gpu.parameter %block[0] : !llvm.ptr -> i64
  return %n : i64
}

// CHECK-LABEL: func.func @pointer(
func.func @pointer(%block: !llvm.ptr) -> !llvm.ptr<1> {
  // CHECK: adamas_gpu.parameter %{{.*}}[4088] : !llvm.ptr -> !llvm.ptr<1>
  %p = adamas_gpu.parameter %block[4088] : !llvm.ptr -> !llvm.ptr<1>
  return %p : !llvm.ptr<1>
}
