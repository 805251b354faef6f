// Round trip of adamas_gpu.reduce_add, into global memory, shared memory and that of a cluster. It writes: none is dropped.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// RUN: adamas-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @add(
// CHECK-SAME: %[[ONE:.*]]: i32, %[[P:.*]]: !llvm.ptr<1>, %[[S:.*]]: !llvm.ptr<3>, %[[C:.*]]: !llvm.ptr<7>
func.func @add(%one: i32, %p: !llvm.ptr<1>, %s: !llvm.ptr<3>, %c: !llvm.ptr<7>) {
  // CHECK: adamas_gpu.reduce_add %[[ONE]], %[[P]] : !llvm.ptr<1>
  adamas_gpu.reduce_add %one, %p : !llvm.ptr<1>
  // CHECK-COUNT-2: adamas_gpu.reduce_add %[[ONE]], %[[S]] : !llvm.ptr<3>
  adamas_gpu.reduce_add %one, %s : !llvm.ptr<3>
  adamas_gpu.reduce_add %one, %s : !llvm.ptr<3>
  // CHECK: adamas_gpu.reduce_add %[[ONE]], %[[C]] : !llvm.ptr<7>
  adamas_gpu.reduce_add %one, %c : !llvm.ptr<7>
  return
}
