// dst-3 for three bits and more: the magnitude of a bit-sliced difference, whose planes weigh 1, 2 and 4, and the borrow once more.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @scan_kernel1(
// CHECK: %[[U0:.*]] = arith.xori %{{.*}}, %[[Q0:.*]] : i32
// CHECK-NEXT: %[[B0:.*]] = arith.andi %[[U0]], %[[Q0]] : i32
// CHECK: %[[U1:.*]] = arith.xori %{{.*}}, %[[Q1:.*]] : i32
// CHECK-NEXT: %[[D1:.*]] = arith.xori %[[U1]], %[[B0]] : i32
// CHECK-NEXT: %[[W:.*]] = arith.xori %[[B0]], %[[Q1]] : i32
// CHECK-NEXT: %[[V:.*]] = arith.andi %[[U1]], %[[W]] : i32
// CHECK-NEXT: %[[B1:.*]] = arith.xori %[[B0]], %[[V]] : i32
// CHECK: %[[D2:.*]] = arith.xori %{{.*}}, %[[B1]] : i32
// CHECK: arith.andi
// CHECK-NEXT: %[[B2:.*]] = arith.xori %[[B1]],
// CHECK: %[[M0:.*]] = arith.xori %[[U0]], %[[B2]] : i32
// CHECK: %[[M1:.*]] = arith.xori %[[D1]], %[[B2]] : i32
// CHECK: %[[M2:.*]] = arith.xori %[[D2]], %[[B2]] : i32
// CHECK: %[[P0:.*]] = llvm.intr.ctpop(%[[M0]])
// CHECK-NEXT: %[[PB:.*]] = llvm.intr.ctpop(%[[B2]])
// CHECK-NEXT: %[[S0:.*]] = arith.addi %[[P0]], %[[PB]]
// CHECK-NEXT: %[[P1:.*]] = llvm.intr.ctpop(%[[M1]])
// CHECK-NEXT: %[[T1:.*]] = arith.shli %[[P1]], %c1_i32
// CHECK-NEXT: %[[S1:.*]] = arith.addi %[[S0]], %[[T1]]
// CHECK-NEXT: %[[P2:.*]] = llvm.intr.ctpop(%[[M2]])
// CHECK-NEXT: %[[T2:.*]] = arith.shli %[[P2]], %c2_i32
// CHECK-NEXT: arith.addi %[[S1]], %[[T2]]
func.func @scan(%q: tensor<?x2x!adamas.codes<32, 3>>, %c: tensor<?x2x?x!adamas.codes<32, 3>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 3>>, tensor<?x2x?x!adamas.codes<32, 3>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
