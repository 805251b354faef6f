// A launch packs pointers to its arguments and calls the host's parallel loop with a function that unpacks them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-launch-to-llvm | FileCheck %s

// CHECK: llvm.func @adamas_parallel_for(!llvm.ptr, !llvm.ptr, i64, i64, i64)
// CHECK-NOT: llvm.func @adamas_parallel_for

// CHECK-LABEL: func.func private @kernel(
func.func private @kernel(%b: index, %h: index, %p: index, %x: memref<?x?xf32>, %s: f32) {
  return
}

// CHECK-LABEL: func.func private @host(
// CHECK-SAME: %[[N:.*]]: index, %[[M:.*]]: index, %[[X:.*]]: memref<?x?xf32>, %[[S:.*]]: f32)
// CHECK: %[[COUNT:.*]] = llvm.mlir.constant(2 : i64)
// CHECK: %[[TABLE:.*]] = llvm.alloca %[[COUNT]] x !llvm.ptr
// CHECK: %[[DESCRIPTOR:.*]] = builtin.unrealized_conversion_cast %[[X]] : memref<?x?xf32> to !llvm.struct<(ptr, ptr, i64, array<2 x i64>, array<2 x i64>)>
// CHECK: %[[SLOT:.*]] = llvm.alloca %{{.*}} x !llvm.struct<(ptr, ptr, i64, array<2 x i64>, array<2 x i64>)>
// CHECK: llvm.store %[[DESCRIPTOR]], %[[SLOT]]
// CHECK: %[[SCALAR:.*]] = llvm.alloca %{{.*}} x f32
// CHECK: llvm.store %[[S]], %[[SCALAR]]
// CHECK: %[[BODY:.*]] = llvm.mlir.addressof @kernel_item
// CHECK: %[[BATCH:.*]] = builtin.unrealized_conversion_cast %[[N]] : index to i64
// CHECK: %[[HEAD:.*]] = builtin.unrealized_conversion_cast %[[M]] : index to i64
// CHECK: %[[BLOCK:.*]] = builtin.unrealized_conversion_cast %[[N]] : index to i64
// CHECK: llvm.call @adamas_parallel_for(%[[BODY]], %[[TABLE]], %[[BATCH]], %[[HEAD]], %[[BLOCK]])
// CHECK: llvm.call @adamas_parallel_for
// CHECK-NOT: adamas.launch
func.func private @host(%n: index, %m: index, %x: memref<?x?xf32>, %s: f32) {
  adamas.launch @kernel grid(%n, %m, %n) args(%x, %s : memref<?x?xf32>, f32)
  adamas.launch @kernel grid(%m, %m, %m) args(%x, %s : memref<?x?xf32>, f32)
  return
}

// One item function a kernel, however often it is launched.
// CHECK-LABEL: llvm.func internal @kernel_item(
// CHECK-SAME: %[[CONTEXT:.*]]: !llvm.ptr, %[[IB:.*]]: i64, %[[IH:.*]]: i64, %[[IP:.*]]: i64)
// CHECK-DAG: %[[B:.*]] = builtin.unrealized_conversion_cast %[[IB]] : i64 to index
// CHECK-DAG: %[[H:.*]] = builtin.unrealized_conversion_cast %[[IH]] : i64 to index
// CHECK-DAG: %[[P:.*]] = builtin.unrealized_conversion_cast %[[IP]] : i64 to index
// CHECK: %[[AT0:.*]] = llvm.getelementptr %[[CONTEXT]][0]
// CHECK: %[[P0:.*]] = llvm.load %[[AT0]] : !llvm.ptr -> !llvm.ptr
// CHECK: %[[LOADED:.*]] = llvm.load %[[P0]] : !llvm.ptr -> !llvm.struct<
// CHECK: %[[X:.*]] = builtin.unrealized_conversion_cast %[[LOADED]]
// CHECK: %[[AT1:.*]] = llvm.getelementptr %[[CONTEXT]][1]
// CHECK: %[[P1:.*]] = llvm.load %[[AT1]] : !llvm.ptr -> !llvm.ptr
// CHECK: %[[S:.*]] = llvm.load %[[P1]] : !llvm.ptr -> f32
// CHECK: call @kernel(%[[B]], %[[H]], %[[P]], %[[X]], %[[S]])
// CHECK: llvm.return
// CHECK-NOT: llvm.func internal @kernel_item
