// had-2: strides 1, 2, 4, 8, 16 in this order, each output a + b or a - b, then one product; nothing may be reassociated or fused.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s --implicit-check-not=fastmath --implicit-check-not=fma

// CHECK-LABEL: func.func private @rotate_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %[[X:[a-z0-9]+]]: memref<?x2x32xf16, {{.*}}, %[[Y:[a-z0-9]+]]: memref<?x2x32xf32,
// CHECK-DAG: %[[SCALE:.*]] = arith.constant dense<0.176776692> : vector<16xf32>
// CHECK-DAG: %[[ODD:.*]] = arith.constant dense<[false, true, false, true, false, true, false, true, false, true, false, true, false, true, false, true]>
// CHECK-DAG: %[[UPPER:.*]] = arith.constant dense<[false, false, false, false, false, false, false, false, true, true, true, true, true, true, true, true]>
// CHECK-DAG: %[[C16:.*]] = arith.constant 16 : index
// CHECK: %[[L:.*]] = vector.load %[[X]][%[[B]], %[[H]], %c0]
// CHECK: %[[A0:.*]] = arith.extf %[[L]] : vector<16xf16> to vector<16xf32>
// CHECK: vector.load %[[X]][%[[B]], %[[H]], %[[C16]]]

// The low half's first butterfly, its last within a vector, and the one between the vectors.
// CHECK: %[[P1:.*]] = vector.shuffle %[[A0]], %[[A0]] [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14]
// CHECK: %[[S1:.*]] = arith.addf %[[A0]], %[[P1]] : vector<16xf32>
// CHECK: %[[D1:.*]] = arith.subf %[[P1]], %[[A0]] : vector<16xf32>
// CHECK: %[[A1:.*]] = arith.select %[[ODD]], %[[D1]], %[[S1]]
// CHECK: vector.shuffle %[[A1]], %[[A1]] [2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13]
// CHECK: vector.shuffle %{{.*}} [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11]
// CHECK: vector.shuffle %{{.*}} [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]
// CHECK: %[[LOW:.*]] = arith.select %[[UPPER]],
// CHECK: %[[HIGH:.*]] = arith.select %[[UPPER]],
// CHECK: %[[SUM:.*]] = arith.addf %[[LOW]], %[[HIGH]]
// CHECK: %[[DIFFERENCE:.*]] = arith.subf %[[LOW]], %[[HIGH]]
// CHECK: %[[R0:.*]] = arith.mulf %[[SUM]], %[[SCALE]]
// CHECK: %[[R1:.*]] = arith.mulf %[[DIFFERENCE]], %[[SCALE]]
// CHECK: vector.store %[[R0]], %[[Y]][%[[B]], %[[H]], %c0]
// CHECK: vector.store %[[R1]], %[[Y]][%[[B]], %[[H]], %[[C16]]]
// CHECK-NEXT: return
func.func @rotate(%x: tensor<?x2x32xf16>) -> tensor<?x2x32xf32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %y = adamas.hadamard %x in global : tensor<?x2x32xf16>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  return %0 : tensor<?x2x32xf32>
}
