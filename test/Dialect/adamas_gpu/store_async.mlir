// Round trip of adamas_gpu.store_async: numbers, floats and four words. It writes: none is dropped.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// RUN: adamas-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @send(
// CHECK-SAME: %[[I:.*]]: i32, %[[F:.*]]: f32, %[[V:.*]]: vector<4xi32>, %[[P:.*]]: !llvm.ptr<7>, %[[B:.*]]: !llvm.ptr<7>
func.func @send(%i: i32, %f: f32, %v: vector<4xi32>, %p: !llvm.ptr<7>, %b: !llvm.ptr<7>) {
  // CHECK: adamas_gpu.store_async %[[I]], %[[P]], %[[B]] : i32, !llvm.ptr<7>, !llvm.ptr<7>
  adamas_gpu.store_async %i, %p, %b : i32, !llvm.ptr<7>, !llvm.ptr<7>
  // CHECK: adamas_gpu.store_async %[[F]], %[[P]], %[[B]] : f32, !llvm.ptr<7>, !llvm.ptr<7>
  adamas_gpu.store_async %f, %p, %b : f32, !llvm.ptr<7>, !llvm.ptr<7>
  // CHECK-COUNT-2: adamas_gpu.store_async %[[V]], %[[P]], %[[B]] : vector<4xi32>, !llvm.ptr<7>, !llvm.ptr<7>
  adamas_gpu.store_async %v, %p, %b : vector<4xi32>, !llvm.ptr<7>, !llvm.ptr<7>
  adamas_gpu.store_async %v, %p, %b : vector<4xi32>, !llvm.ptr<7>, !llvm.ptr<7>
  return
}
