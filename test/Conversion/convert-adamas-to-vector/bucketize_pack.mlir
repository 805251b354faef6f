// A query's codes: ordered x > t for every threshold (buk-3), plane 0 the parity of the masks, plane 1 the middle one (pak-1).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s --implicit-check-not=fastmath

// CHECK-LABEL: func.func private @encode_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %[[X:[a-z0-9]+]]: memref<?x2x32xf32, {{.*}}, %[[T:[a-z0-9]+]]: memref<2x3xf32, {{.*}}, %[[CODES:[a-z0-9]+]]: memref<?x2x2x1xi32,
// CHECK: %[[T0S:.*]] = memref.load %[[T]][%[[H]], %c0]
// CHECK: %[[T0:.*]] = vector.broadcast %[[T0S]]
// CHECK: %[[T1S:.*]] = memref.load %[[T]][%[[H]], %c1]
// CHECK: %[[T1:.*]] = vector.broadcast %[[T1S]]
// CHECK: %[[T2S:.*]] = memref.load %[[T]][%[[H]], %c2]
// CHECK: %[[T2:.*]] = vector.broadcast %[[T2S]]
// CHECK: %[[M0:.*]] = arith.cmpf ogt, %[[ROW:.*]], %[[T0]] : vector<16xf32>
// CHECK: %[[M1:.*]] = arith.cmpf ogt, %[[ROW]], %[[T1]] : vector<16xf32>
// CHECK: %[[M2:.*]] = arith.cmpf ogt, %[[ROW]], %[[T2]] : vector<16xf32>
// CHECK: %[[X01:.*]] = arith.xori %[[M0]], %[[M1]]
// CHECK: %[[LOW:.*]] = arith.xori %[[X01]], %[[M2]]
// CHECK: vector.bitcast %[[LOW]] : vector<16xi1> to vector<1xi16>

// The upper 16 coordinates are the upper bits of the word.
// CHECK: %[[SHIFTED:.*]] = arith.shli %{{.*}}, %c16_i32
// CHECK: %[[WORD:.*]] = arith.ori %{{.*}}, %[[SHIFTED]]
// CHECK: memref.store %[[WORD]], %[[CODES]][%[[B]], %[[H]], %c0, %c0]
// CHECK: vector.bitcast %[[M1]] : vector<16xi1> to vector<1xi16>
// CHECK: memref.store %{{.*}}, %[[CODES]][%[[B]], %[[H]], %c1, %c0]
// CHECK-NOT: memref.store
func.func @encode(%x: tensor<?x2x32xf32>, %t: tensor<2x3xf32>) -> tensor<?x2x!adamas.codes<32, 2>> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %q = adamas.bucketize_pack %x thresholds(%t : tensor<2x3xf32>) in global : tensor<?x2x32xf32>
    adamas.yield %q : tensor<?x2x!adamas.codes<32, 2>>
  } : tensor<?x2x!adamas.codes<32, 2>>
  return %0 : tensor<?x2x!adamas.codes<32, 2>>
}

// buk-2: query heads use the set of their KV head, and one shared set or fixed thresholds need no head.
// CHECK-LABEL: func.func private @group_kernel0(
// CHECK-SAME: %[[T:[a-z0-9]+]]: memref<2x1xf32,
// CHECK: %[[SET:.*]] = arith.divui %{{.*}}, %c3
// CHECK: memref.load %[[T]][%[[SET]], %c0]
func.func @group(%x: tensor<?x6x32xf32>, %t: tensor<2x1xf32>) -> tensor<?x6x!adamas.codes<32, 1>> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %q = adamas.bucketize_pack %x thresholds(%t : tensor<2x1xf32>) in global : tensor<?x6x32xf32>
    adamas.yield %q : tensor<?x6x!adamas.codes<32, 1>>
  } : tensor<?x6x!adamas.codes<32, 1>>
  return %0 : tensor<?x6x!adamas.codes<32, 1>>
}

// CHECK-LABEL: func.func private @shared_kernel0(
// CHECK-SAME: %[[T:[a-z0-9]+]]: memref<1xf32,
// CHECK: memref.load %[[T]][%c0]
func.func @shared(%x: tensor<?x6x32xf32>, %t: tensor<1xf32>) -> tensor<?x6x!adamas.codes<32, 1>> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %q = adamas.bucketize_pack %x thresholds(%t : tensor<1xf32>) in global : tensor<?x6x32xf32>
    adamas.yield %q : tensor<?x6x!adamas.codes<32, 1>>
  } : tensor<?x6x!adamas.codes<32, 1>>
  return %0 : tensor<?x6x!adamas.codes<32, 1>>
}

// CHECK-LABEL: func.func private @fixed_kernel0(
// CHECK: %[[T:.*]] = arith.constant dense<-1.500000e+00> : vector<16xf32>
// CHECK: arith.cmpf ogt, %{{.*}}, %[[T]]
func.func @fixed(%x: tensor<?x6x32xf32>) -> tensor<?x6x!adamas.codes<32, 1>> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %q = adamas.bucketize_pack %x fixed [-1.5] in global : tensor<?x6x32xf32>
    adamas.yield %q : tensor<?x6x!adamas.codes<32, 1>>
  } : tensor<?x6x!adamas.codes<32, 1>>
  return %0 : tensor<?x6x!adamas.codes<32, 1>>
}
