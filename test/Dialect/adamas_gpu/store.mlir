// Round trip of adamas_gpu.store: every width.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @store(
// CHECK-SAME: %[[B:.*]]: i8, %[[H:.*]]: i16, %[[W:.*]]: i32, %[[P:.*]]: !llvm.ptr<1>, %[[POLICY:.*]]: i64
func.func @store(%b: i8, %h: i16, %w: i32, %p: !llvm.ptr<1>, %policy: i64) {
  // CHECK: adamas_gpu.store keep %[[B]], %[[P]], %[[POLICY]] : i8, !llvm.ptr<1>
  adamas_gpu.store keep %b, %p, %policy : i8, !llvm.ptr<1>
  // CHECK: adamas_gpu.store keep %[[H]], %[[P]], %[[POLICY]] : i16, !llvm.ptr<1>
  adamas_gpu.store keep %h, %p, %policy : i16, !llvm.ptr<1>
  // CHECK: adamas_gpu.store keep %[[W]], %[[P]], %[[POLICY]] : i32, !llvm.ptr<1>
  adamas_gpu.store keep %w, %p, %policy : i32, !llvm.ptr<1>
  return
}
