// wgt-3, bit by bit: the distance is the sum of 2^(p + t) popc(A_t & (C_p ^ S)). A cap of 7 has three magnitude planes and a sign, so four
// ballots; two planes of codes make six counts a key.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/sync  ballot/sync ballot/' | FileCheck %s

// CHECK-LABEL: llvm.func @scan_kernel1(
// CHECK: %[[W8:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i8
// CHECK-NEXT: %[[W:.*]] = arith.extsi %[[W8]] : i8 to i32
// CHECK-NEXT: %[[POSITIVE:.*]] = arith.cmpi sgt, %[[W]], %c0_i32
// CHECK-NEXT: %[[MINUS:.*]] = arith.subi %c0_i32, %[[W]]
// CHECK-NEXT: %[[MAGNITUDE:.*]] = arith.select %[[POSITIVE]], %[[W]], %[[MINUS]]
// CHECK: arith.andi %[[MAGNITUDE]], %c1_i32
// CHECK: %[[A0:.*]] = nvvm.vote.sync ballot
// CHECK: %[[A1:.*]] = nvvm.vote.sync ballot
// CHECK: %[[A2:.*]] = nvvm.vote.sync ballot
// CHECK: %[[S:.*]] = nvvm.vote.sync ballot %{{.*}}, %[[POSITIVE]]
// CHECK: %[[CORNER0:.*]] = arith.xori %[[C0:.*]], %[[S]] : i32
// CHECK-NEXT: %[[T00:.*]] = arith.andi %[[CORNER0]], %[[A0]] : i32
// CHECK-NEXT: %[[T01:.*]] = arith.andi %[[CORNER0]], %[[A1]] : i32
// CHECK-NEXT: %[[T02:.*]] = arith.andi %[[CORNER0]], %[[A2]] : i32
// CHECK-NEXT: %[[CORNER1:.*]] = arith.xori %{{.*}}, %[[S]] : i32
// CHECK: %[[P0:.*]] = llvm.intr.ctpop(%[[T00]])
// CHECK-NEXT: %[[P1:.*]] = llvm.intr.ctpop(%[[T01]])
// CHECK-COUNT-4: llvm.intr.ctpop
// CHECK: arith.shli %{{.*}}, %c3_i32
// CHECK-COUNT-6: llvm.intr.ctpop
// CHECK-NOT: llvm.intr.ctpop
func.func @scan(%y: tensor<?x2x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %w = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %made = adamas.weigh %y cap 7 in global : tensor<?x2x32xf32>
    adamas.yield %made : tensor<?x2x32xi8>
  } : tensor<?x2x32xi8>
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
