// nq-1: query token i of I sees the tokens up to its own: the length less I - 1, plus i. Each is a work item, beside its KV head.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @scan_kernel1(
// CHECK: %[[X:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK: %[[PAIR:.*]] = arith.divui %[[X]], %c2_i32
// CHECK: %[[TOKEN:.*]] = arith.remui %[[PAIR]], %c5_i32
// CHECK: arith.divui %[[PAIR]], %c5_i32
// CHECK: %[[LENGTH:.*]] = arith.minsi
// CHECK-NEXT: %[[OLDEST:.*]] = arith.subi %[[LENGTH]], %c4_i32
// CHECK-NEXT: %[[OWN:.*]] = arith.addi %[[OLDEST]], %[[TOKEN]]
// CHECK-NEXT: arith.maxsi %[[OWN]], %c0_i32
// CHECK: adamas_gpu.launch @kernels::@scan_kernel1 grid affine_map<()[s0, s1] -> (s0 * 10,
func.func @scan(%q: tensor<?x5x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x5x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x5x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x5x2x?xi32>
  } : tensor<?x5x2x?xi32>
  return %0 : tensor<?x5x2x?xi32>
}
