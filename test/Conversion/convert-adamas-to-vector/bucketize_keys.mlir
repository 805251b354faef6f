// Codes of keys: work items of 256 tokens, the offset subtracted once (buk-5), words stored into tiles of 16 tokens (pak-2).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s --implicit-check-not=fastmath

// CHECK-LABEL: func.func @keys(
// CHECK-SAME: %[[K:[a-z0-9]+]]: memref<?x2x?x32xf16, strided<[?, ?, ?, 1], offset: ?>>
// CHECK-SAME: memref<?x2x1x?x1x16xi32, strided<[?, ?, ?, 16, 16, 1], offset: ?>>
// CHECK-DAG: %[[BATCH:.*]] = memref.dim %[[K]], %c0
// CHECK-DAG: %[[N:.*]] = memref.dim %[[K]], %c2
// CHECK: %[[BLOCKS:.*]] = arith.ceildivui %[[N]], %c256
// CHECK: adamas.launch @keys_kernel0 grid(%[[BATCH]], %c2, %[[BLOCKS]])

// CHECK-LABEL: func.func private @keys_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %[[BLOCK:[a-z0-9]+]]: index, %[[K:[a-z0-9]+]]: memref<?x2x?x32xf16, {{.*}}, %[[O:[a-z0-9]+]]: memref<2x32xf32, {{.*}}, %[[CODES:[a-z0-9]+]]: memref<?x2x1x?x1x16xi32,
// CHECK: %[[N:.*]] = memref.dim %[[K]], %c2
// CHECK: %[[BEGIN:.*]] = arith.muli %[[BLOCK]], %c256
// CHECK: %[[NEXT:.*]] = arith.addi %[[BEGIN]], %c256
// CHECK: %[[END:.*]] = arith.minsi %[[NEXT]], %[[N]]
// CHECK: scf.for %[[TOKEN:.*]] = %[[BEGIN]] to %[[END]] step %c1 {
// CHECK: %[[TILE:.*]] = arith.divui %[[TOKEN]], %c16
// CHECK: %[[LANE:.*]] = arith.remui %[[TOKEN]], %c16
// CHECK: vector.load %[[K]][%[[B]], %[[H]], %[[TOKEN]], %c0]
// CHECK: %[[Y:.*]] = arith.mulf
// CHECK: %[[SHIFT:.*]] = vector.load %[[O]][%[[H]], %c0]
// CHECK: %[[SHIFTED:.*]] = arith.subf %[[Y]], %[[SHIFT]]
// CHECK: arith.cmpf ogt, %[[SHIFTED]],
// CHECK: memref.store %{{.*}}, %[[CODES]][%[[B]], %[[H]], %c0, %[[TILE]], %c0, %[[LANE]]]
// CHECK-NOT: memref.store
func.func @keys(%k: tensor<?x2x?x32xf16>, %o: tensor<2x32xf32>) -> tensor<?x2x?x!adamas.codes<32, 1>> {
  %0 = adamas.kernel token #adamas.cpu<16, words> {
    %y = adamas.hadamard %k in registers : tensor<?x2x?x32xf16>
    %c = adamas.bucketize_pack %y fixed [0.0] offset(%o : tensor<2x32xf32>) heads_axis 1 in global : tensor<?x2x?x32xf32>
    adamas.yield %c : tensor<?x2x?x!adamas.codes<32, 1>>
  } : tensor<?x2x?x!adamas.codes<32, 1>>
  return %0 : tensor<?x2x?x!adamas.codes<32, 1>>
}
