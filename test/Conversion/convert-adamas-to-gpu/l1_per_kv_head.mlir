// sel-4: a shared selection sums the distances of the group's heads; one row is stored for a token, whoever measures.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @popc_kernel1(
// CHECK-COUNT-2: adamas_gpu.load stream
// CHECK: %[[P0:.*]] = llvm.intr.ctpop
// CHECK-NEXT: %[[X:.*]] = arith.xori
// CHECK-NEXT: %[[P1:.*]] = llvm.intr.ctpop(%[[X]])
// CHECK-NEXT: %[[S:.*]] = arith.addi %[[P0]], %[[P1]]
// CHECK-COUNT-2: adamas_gpu.store keep
// CHECK-NOT: adamas_gpu.store
// CHECK-LABEL: llvm.func @b1_kernel1(
// CHECK-COUNT-2: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK-COUNT-2: adamas_gpu.store keep
// CHECK-NOT: adamas_gpu.store
// CHECK-LABEL: adamas_gpu.program @popc
func.func @popc(%q: tensor<?x6x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) policy per_kv_head in global : tensor<?x6x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

func.func @b1(%q: tensor<?x6x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = b1> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) policy per_kv_head in global : tensor<?x6x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
