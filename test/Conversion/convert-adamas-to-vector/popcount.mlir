// Bits are counted by 32-bit words, or by bytes that are widened once, after at most 31 words.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @words_kernel0(
// CHECK: math.ctpop %{{.*}} : vector<8xi32>
// CHECK: math.ctpop %{{.*}} : vector<8xi32>
// CHECK-NOT: math.ctpop
func.func @words(%q: tensor<?x2x!adamas.codes<64, 1>>, %c: tensor<?x2x?x!adamas.codes<64, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<8, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<64, 1>>, tensor<?x2x?x!adamas.codes<64, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// CHECK-LABEL: func.func private @bytes_kernel0(
// CHECK-DAG: %[[PAIRS:.*]] = arith.constant dense<16711935> : vector<8xi32>
// CHECK-DAG: %[[HALVES:.*]] = arith.constant dense<65535> : vector<8xi32>
// CHECK-DAG: %[[EIGHT:.*]] = arith.constant dense<8> : vector<8xi32>
// CHECK-DAG: %[[SIXTEEN:.*]] = arith.constant dense<16> : vector<8xi32>
// CHECK: %[[P0:.*]] = math.ctpop %{{.*}} : vector<32xi8>
// CHECK: %[[P1:.*]] = math.ctpop %{{.*}} : vector<32xi8>
// CHECK: %[[P:.*]] = arith.addi %[[P0]], %[[P1]] : vector<32xi8>
// CHECK: %[[W:.*]] = vector.bitcast %[[P]] : vector<32xi8> to vector<8xi32>
// CHECK: %[[EVEN:.*]] = arith.andi %[[W]], %[[PAIRS]]
// CHECK: %[[S:.*]] = arith.shrui %[[W]], %[[EIGHT]]
// CHECK: %[[ODD:.*]] = arith.andi %[[S]], %[[PAIRS]]
// CHECK: %[[TWO:.*]] = arith.addi %[[EVEN]], %[[ODD]]
// CHECK: %[[LOW:.*]] = arith.andi %[[TWO]], %[[HALVES]]
// CHECK: %[[HIGH:.*]] = arith.shrui %[[TWO]], %[[SIXTEEN]]
// CHECK: arith.addi %[[LOW]], %[[HIGH]]
func.func @bytes(%q: tensor<?x2x!adamas.codes<64, 1>>, %c: tensor<?x2x?x!adamas.codes<64, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<8, bytes> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<64, 1>>, tensor<?x2x?x!adamas.codes<64, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// 32 words of 8 bits a byte would overflow it, so there are two widenings.
// CHECK-LABEL: func.func private @many_kernel0(
// CHECK-COUNT-31: math.ctpop %{{.*}} : vector<32xi8>
// CHECK: vector.bitcast %{{.*}} : vector<32xi8> to vector<8xi32>
// CHECK: math.ctpop %{{.*}} : vector<32xi8>
// CHECK: vector.bitcast %{{.*}} : vector<32xi8> to vector<8xi32>
// CHECK-NOT: math.ctpop
func.func @many(%q: tensor<?x2x!adamas.codes<1024, 1>>, %c: tensor<?x2x?x!adamas.codes<1024, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<8, bytes> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<1024, 1>>, tensor<?x2x?x!adamas.codes<1024, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
