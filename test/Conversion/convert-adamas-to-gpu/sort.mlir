// Of every four sequences the longest is begun first: each warp ranks them, and takes the one whose turn it is. A sequence's rank counts
// those that are longer, and those as long that come before it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @attend_kernel0(
// CHECK: %[[LANE:.*]] = arith.andi %{{.*}}, %c31_i32
// CHECK: %[[FIRST:.*]] = arith.andi %[[PLACE:.*]], %c-4_i32
// CHECK: %[[MINE:.*]] = arith.addi %[[FIRST]], %[[LANE]]
// CHECK: scf.if
// CHECK-COUNT-4: nvvm.shfl.sync idx
// CHECK: %[[TURN:.*]] = arith.subi %[[PLACE]], %[[FIRST]]
// CHECK: %[[FOUND:.*]] = nvvm.vote.sync ballot
// CHECK: %[[LANE_OF:.*]] = "llvm.intr.cttz"(%[[FOUND]])
// CHECK: arith.addi %[[FIRST]], %[[LANE_OF]]
// CHECK-NOT: nvvm.vote.sync
// CHECK-LABEL: llvm.func @as_they_come_kernel0(
// CHECK-NOT: nvvm.vote.sync
func.func @attend(%q: tensor<?x2x64xf16>, %k: tensor<?x2x?x64xf16>, %n: tensor<?xi32>) -> tensor<?x2x64xf16> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, sort = 4> {
    %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) in shared : tensor<?x2x64xf16>, tensor<?x2x?x64xf16>
    %all, %l = adamas.merge_attention %o, %lse to f16 in global : tensor<?x2x1x64xf32>, tensor<?x2x1xf32>
    adamas.yield %all : tensor<?x2x64xf16>
  } : tensor<?x2x64xf16>
  return %0 : tensor<?x2x64xf16>
}

func.func @as_they_come(%q: tensor<?x2x64xf16>, %k: tensor<?x2x?x64xf16>, %n: tensor<?xi32>) -> tensor<?x2x64xf16> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) in shared : tensor<?x2x64xf16>, tensor<?x2x?x64xf16>
    %all, %l = adamas.merge_attention %o, %lse to f16 in global : tensor<?x2x1x64xf32>, tensor<?x2x1xf32>
    adamas.yield %all : tensor<?x2x64xf16>
  } : tensor<?x2x64xf16>
  return %0 : tensor<?x2x64xf16>
}
