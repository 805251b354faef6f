// All pieces are places in one external symbol; an internal one would become static memory that overlaps with it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --pass-pipeline='builtin.module(gpu.module(convert-adamas-gpu-to-nvvm))' | FileCheck %s

gpu.module @kernels {
  // CHECK: llvm.mlir.global external @adamas_shared() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<0 x i8>
  // CHECK-NOT: llvm.mlir.global
  // CHECK-LABEL: llvm.func @first(
  llvm.func @first() -> !llvm.ptr<3> {
    // CHECK: %[[BASE:.*]] = llvm.mlir.addressof @adamas_shared : !llvm.ptr<3>
    // CHECK: %[[P:.*]] = llvm.getelementptr %[[BASE]][512] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    // CHECK: llvm.return %[[P]]
    %p = adamas_gpu.shared_memory 772 at 512 : !llvm.ptr<3>
    llvm.return %p : !llvm.ptr<3>
  }
  // CHECK-LABEL: llvm.func @second(
  llvm.func @second() -> !llvm.ptr<3> {
    // CHECK: llvm.mlir.addressof @adamas_shared : !llvm.ptr<3>
    // CHECK: llvm.getelementptr %{{.*}}[0] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    %p = adamas_gpu.shared_memory 16 at 0 : !llvm.ptr<3>
    llvm.return %p : !llvm.ptr<3>
  }
}
