// Round trip of adamas_gpu.load: every hint, every width.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @load(
// CHECK-SAME: %[[P:.*]]: !llvm.ptr<1>
func.func @load(%p: !llvm.ptr<1>) -> (i32, vector<2xi32>, vector<4xi32>) {
  // CHECK: adamas_gpu.load stream %[[P]] : !llvm.ptr<1> -> i32
  %one = adamas_gpu.load stream %p : !llvm.ptr<1> -> i32
  // CHECK: adamas_gpu.load read_only %[[P]] : !llvm.ptr<1> -> vector<2xi32>
  %two = adamas_gpu.load read_only %p : !llvm.ptr<1> -> vector<2xi32>
  // CHECK: adamas_gpu.load stream %[[P]] : !llvm.ptr<1> -> vector<4xi32>
  %four = adamas_gpu.load stream %p : !llvm.ptr<1> -> vector<4xi32>
  // CHECK: adamas_gpu.load fresh %[[P]] : !llvm.ptr<1> -> i32
  %written = adamas_gpu.load fresh %p : !llvm.ptr<1> -> i32
  return %one, %two, %four : i32, vector<2xi32>, vector<4xi32>
}
