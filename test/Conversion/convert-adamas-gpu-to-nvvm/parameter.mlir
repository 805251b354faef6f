// A field of the block is constant while the kernel runs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --pass-pipeline='builtin.module(gpu.module(convert-adamas-gpu-to-nvvm))' | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: llvm.func @fields(
  // CHECK-SAME: %[[BLOCK:.*]]: !llvm.ptr
  llvm.func @fields(%block: !llvm.ptr) -> !llvm.ptr<1> {
    // CHECK: %[[A:.*]] = llvm.getelementptr %[[BLOCK]][16] : (!llvm.ptr) -> !llvm.ptr, i8
    // CHECK: llvm.load %[[A]] invariant {alignment = 8 : i64} : !llvm.ptr -> i64
    %n = adamas_gpu.parameter %block[16] : !llvm.ptr -> i64
    // CHECK: %[[B:.*]] = llvm.getelementptr %[[BLOCK]][24]
    // CHECK: llvm.load %[[B]] invariant {alignment = 8 : i64} : !llvm.ptr -> !llvm.ptr<1>
    %p = adamas_gpu.parameter %block[24] : !llvm.ptr -> !llvm.ptr<1>
    llvm.return %p : !llvm.ptr<1>
  }
}
