// A public function gets an entry that C can call with a table of pointers, and becomes private; others get none.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-launch-to-llvm | FileCheck %s --implicit-check-not="llvm.func @_adamas_"
// RUN: adamas-opt %s --convert-adamas-launch-to-llvm -o %t
// RUN: adamas-opt %t --convert-adamas-launch-to-llvm | diff %t -

// CHECK-LABEL: func.func private @decode(
func.func @decode(%x: memref<?xf32, strided<[?], offset: ?>>, %n: memref<?xi32>) {
  return
}
// CHECK-LABEL: func.func private @helper(
func.func private @helper(%x: memref<?xf32>) {
  return
}
// CHECK-LABEL: func.func private @outside(memref<?xf32>)
func.func private @outside(memref<?xf32>)

// CHECK-LABEL: llvm.func @_adamas_decode(
// CHECK-SAME: %[[TABLE:.*]]: !llvm.ptr)
// CHECK: %[[AT0:.*]] = llvm.getelementptr %[[TABLE]][0] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
// CHECK: %[[P0:.*]] = llvm.load %[[AT0]]
// CHECK: %[[D0:.*]] = llvm.load %[[P0]] : !llvm.ptr -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
// CHECK: %[[X:.*]] = builtin.unrealized_conversion_cast %[[D0]] : {{.*}} to memref<?xf32, strided<[?], offset: ?>>
// CHECK: %[[AT1:.*]] = llvm.getelementptr %[[TABLE]][1]
// CHECK: %[[P1:.*]] = llvm.load %[[AT1]]
// CHECK: %[[D1:.*]] = llvm.load %[[P1]]
// CHECK: %[[N:.*]] = builtin.unrealized_conversion_cast %[[D1]] : {{.*}} to memref<?xi32>
// CHECK: call @decode(%[[X]], %[[N]])
// CHECK: llvm.return
