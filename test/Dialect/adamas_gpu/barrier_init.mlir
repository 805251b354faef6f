// Round trip of adamas_gpu.barrier_init. It writes: none is dropped.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// RUN: adamas-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @expect(
// CHECK-SAME: %[[A:.*]]: !llvm.ptr<3>, %[[B:.*]]: !llvm.ptr<3>
func.func @expect(%a: !llvm.ptr<3>, %b: !llvm.ptr<3>) {
  // CHECK: adamas_gpu.barrier_init %[[A]] bytes 4 : !llvm.ptr<3>
  adamas_gpu.barrier_init %a bytes 4 : !llvm.ptr<3>
  // CHECK-COUNT-2: adamas_gpu.barrier_init %[[B]] bytes 1536 : !llvm.ptr<3>
  adamas_gpu.barrier_init %b bytes 1536 : !llvm.ptr<3>
  adamas_gpu.barrier_init %b bytes 1536 : !llvm.ptr<3>
  return
}
