// Round trip of adamas.launch: kernels with and without arguments.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func private @bare(
func.func private @bare(index, index, index)

// CHECK-LABEL: func.func private @kernel(
func.func private @kernel(%b: index, %h: index, %p: index, %x: memref<?x?xf32>, %n: i64) {
  return
}

// CHECK-LABEL: func.func @every_work_item(
func.func @every_work_item(%b: index, %h: index, %p: index, %x: memref<?x?xf32>, %n: i64) {
  // CHECK: adamas.launch @bare grid(%{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}})
  adamas.launch @bare grid(%b, %h, %p)
  // CHECK: adamas.launch @kernel grid(%{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}) args(%{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : memref<?x?xf32>, i64)
  adamas.launch @kernel grid(%b, %h, %p) args(%x, %n : memref<?x?xf32>, i64)
  // CHECK: adamas.launch @kernel grid(%{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}) args(%{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : memref<?x?xf32>, i64) {note = "kept"}
  adamas.launch @kernel grid(%b, %b, %b) args(%x, %n : memref<?x?xf32>, i64) {note = "kept"}
  return
}
