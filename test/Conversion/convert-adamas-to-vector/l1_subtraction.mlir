// L1 of three and four bits: codes subtracted plane by plane with a borrow, which complements the difference where it is left set.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @three_bits_kernel0(
// CHECK: scf.for
// CHECK: %[[K0:.*]] = vector.load
// CHECK: %[[K1:.*]] = vector.load
// CHECK: %[[K2:.*]] = vector.load
// CHECK: %[[Q0:.*]] = vector.broadcast
// CHECK: %[[D0:.*]] = arith.xori %[[K0]], %[[Q0]]
// CHECK: %[[B0:.*]] = arith.andi %[[D0]], %[[Q0]]
// CHECK: %[[Q1:.*]] = vector.broadcast
// CHECK: %[[U1:.*]] = arith.xori %[[K1]], %[[Q1]]
// CHECK: %[[D1:.*]] = arith.xori %[[U1]], %[[B0]]
// CHECK: %[[W1:.*]] = arith.xori %[[B0]], %[[Q1]]
// CHECK: %[[V1:.*]] = arith.andi %[[U1]], %[[W1]]
// CHECK: %[[B1:.*]] = arith.xori %[[B0]], %[[V1]]
// CHECK: %[[Q2:.*]] = vector.broadcast
// CHECK: %[[U2:.*]] = arith.xori %[[K2]], %[[Q2]]
// CHECK: %[[D2:.*]] = arith.xori %[[U2]], %[[B1]]
// CHECK: %[[V2:.*]] = arith.andi %[[U2]],
// CHECK: %[[SIGN:.*]] = arith.xori %[[B1]], %[[V2]]
// CHECK: %[[M0:.*]] = arith.xori %[[D0]], %[[SIGN]]
// CHECK: %[[P0:.*]] = math.ctpop %[[M0]]
// CHECK: %[[M1:.*]] = arith.xori %[[D1]], %[[SIGN]]
// CHECK: %[[P1:.*]] = math.ctpop %[[M1]]
// CHECK: %[[M2:.*]] = arith.xori %[[D2]], %[[SIGN]]
// CHECK: %[[P2:.*]] = math.ctpop %[[M2]]
// CHECK: %[[PS:.*]] = math.ctpop %[[SIGN]]
// CHECK: %[[S0:.*]] = arith.addi %[[P0]], %[[PS]]
// CHECK: %[[S1:.*]] = arith.shli %[[P1]], %{{.*}}
// CHECK: %[[S01:.*]] = arith.addi %[[S0]], %[[S1]]
// CHECK: %[[S2:.*]] = arith.shli %[[P2]], %{{.*}}
// CHECK: arith.addi %[[S01]], %[[S2]]
func.func @three_bits(%q: tensor<?x2x!adamas.codes<32, 3>>, %c: tensor<?x2x?x!adamas.codes<32, 3>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 3>>, tensor<?x2x?x!adamas.codes<32, 3>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// Four bits: four planes and the sign are counted.
// CHECK-LABEL: func.func private @four_bits_kernel0(
// CHECK: scf.for
// CHECK-COUNT-5: math.ctpop
// CHECK-NOT: math.ctpop
func.func @four_bits(%q: tensor<?x2x!adamas.codes<32, 4>>, %c: tensor<?x2x?x!adamas.codes<32, 4>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 4>>, tensor<?x2x?x!adamas.codes<32, 4>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
