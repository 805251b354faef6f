// wgt-3: the sign plane of the weights complements the codes, the planes of their magnitudes weigh them by 2^(p + t).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// Two magnitude planes for a cap of 3, and one for the sign; two planes of codes.
// CHECK-LABEL: func.func private @cap_3_kernel0(
// CHECK-DAG: %[[BIT0:.*]] = arith.constant dense<1> : vector<32xi8>
// CHECK-DAG: %[[BIT1:.*]] = arith.constant dense<2> : vector<32xi8>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0> : vector<32xi8>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1> : vector<16xi32>
// CHECK-DAG: %[[TWO:.*]] = arith.constant dense<2> : vector<16xi32>
// CHECK: %[[TABLE:.*]] = memref.alloc() {{.*}} : memref<1x3x1xi32>
// CHECK: %[[W:.*]] = vector.load %{{.*}}, vector<32xi8>
// CHECK: %[[POSITIVE:.*]] = arith.cmpi sgt, %[[W]], %[[ZERO]]
// CHECK: memref.store %{{.*}}, %[[TABLE]][%c0, %c2, %c0]
// CHECK: %[[MINUS:.*]] = arith.subi %[[ZERO]], %[[W]]
// CHECK: %[[MAGNITUDE:.*]] = arith.select %[[POSITIVE]], %[[W]], %[[MINUS]]
// CHECK: arith.andi %[[MAGNITUDE]], %[[BIT0]]
// CHECK: memref.store %{{.*}}, %[[TABLE]][%c0, %c0, %c0]
// CHECK: arith.andi %[[MAGNITUDE]], %[[BIT1]]
// CHECK: memref.store %{{.*}}, %[[TABLE]][%c0, %c1, %c0]
// CHECK: scf.for
// CHECK: %[[L:.*]] = vector.load
// CHECK: %[[H:.*]] = vector.load
// CHECK: %[[S:.*]] = memref.load %[[TABLE]][%c0, %c2, %c0]
// CHECK: %[[SIGN:.*]] = vector.broadcast %[[S]]
// CHECK: %[[CL:.*]] = arith.xori %[[L]], %[[SIGN]]
// CHECK: %[[CH:.*]] = arith.xori %[[H]], %[[SIGN]]
// CHECK: %[[A0S:.*]] = memref.load %[[TABLE]][%c0, %c0, %c0]
// CHECK: %[[A0:.*]] = vector.broadcast %[[A0S]]
// CHECK: %[[L0:.*]] = arith.andi %[[CL]], %[[A0]]
// CHECK: %[[P00:.*]] = math.ctpop %[[L0]]
// CHECK: %[[H0:.*]] = arith.andi %[[CH]], %[[A0]]
// CHECK: %[[P10:.*]] = math.ctpop %[[H0]]
// CHECK: %[[A1S:.*]] = memref.load %[[TABLE]][%c0, %c1, %c0]
// CHECK: %[[A1:.*]] = vector.broadcast %[[A1S]]
// CHECK: %[[L1:.*]] = arith.andi %[[CL]], %[[A1]]
// CHECK: %[[P01:.*]] = math.ctpop %[[L1]]
// CHECK: %[[TWOS:.*]] = arith.addi %[[P10]], %[[P01]]
// CHECK: %[[H1:.*]] = arith.andi %[[CH]], %[[A1]]
// CHECK: %[[P11:.*]] = math.ctpop %[[H1]]
// CHECK: arith.shli %[[TWOS]], %[[ONE]] :
// CHECK: arith.addi %[[P00]],
// CHECK: arith.shli %[[P11]], %[[TWO]] :
func.func @cap_3(%y: tensor<?x2x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %w = adamas.weigh %y cap 3 in shared : tensor<?x2x32xf32>
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// The cap is known across kernels too: 3 planes for 7. Weights of a caller may be any byte: 8 planes.
// CHECK-LABEL: func.func private @across_kernel1(
// CHECK: memref.alloc() {{.*}} : memref<1x4x1xi32>
func.func @across(%y: tensor<?x2x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %w = adamas.weigh %y in global : tensor<?x2x32xf32>
    adamas.yield %w : tensor<?x2x32xi8>
  } : tensor<?x2x32xi8>
  %1 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.weighted_distance %0, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %1 : tensor<?x2x?xi32>
}

// CHECK-LABEL: func.func private @caller_kernel0(
// CHECK: memref.alloc() {{.*}} : memref<1x9x1xi32>
func.func @caller(%w: tensor<?x2x32xi8>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
