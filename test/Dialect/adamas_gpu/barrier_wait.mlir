// Round trip of adamas_gpu.barrier_wait. It orders memory: none is dropped.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// RUN: adamas-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @receive(
// CHECK-SAME: %[[B:.*]]: !llvm.ptr<3>
func.func @receive(%b: !llvm.ptr<3>) {
  // CHECK-COUNT-2: adamas_gpu.barrier_wait %[[B]] : !llvm.ptr<3>
  adamas_gpu.barrier_wait %b : !llvm.ptr<3>
  adamas_gpu.barrier_wait %b : !llvm.ptr<3>
  return
}
