// Round trip of adamas_gpu.shared_memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @pieces(
func.func @pieces() -> (!llvm.ptr<3>, !llvm.ptr<3>) {
  // CHECK: adamas_gpu.shared_memory 1 at 0 : !llvm.ptr<3>
  %a = adamas_gpu.shared_memory 1 at 0 : !llvm.ptr<3>
  // CHECK: adamas_gpu.shared_memory 772 at 16 : !llvm.ptr<3>
  %b = adamas_gpu.shared_memory 772 at 16 : !llvm.ptr<3>
  return %a, %b : !llvm.ptr<3>, !llvm.ptr<3>
}
