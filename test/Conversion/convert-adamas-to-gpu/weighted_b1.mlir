// wgt-3 as m sum_{w > 0} w - sum w c: a column a bit of the weight in two's complement, code planes from the top by Horner's rule, the
// sign's column counting negative. Lanes hold a weight each: ballots make the columns, and a sum over the warp what is positive.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/\]  /] /g; s/sync  (ballot|add)/sync \1/' | FileCheck %s --implicit-check-not=xor_popc

// CHECK-LABEL: llvm.func @scan_kernel1(
// CHECK: arith.andi %[[W:.*]], %c1_i32
// CHECK: %[[B0:.*]] = nvvm.vote.sync ballot
// CHECK: %[[B1:.*]] = nvvm.vote.sync ballot
// CHECK: %[[B2:.*]] = nvvm.vote.sync ballot
// CHECK: %[[SIGN:.*]] = nvvm.vote.sync ballot
// CHECK-NOT: nvvm.vote
// CHECK: %[[POSITIVE:.*]] = arith.maxsi %[[W]], %c0_i32
// CHECK-NEXT: %[[POSITIVE_SUM:.*]] = nvvm.redux.sync add %[[POSITIVE]], %c-1_i32
// CHECK-NEXT: %[[START:.*]] = arith.muli %[[POSITIVE_SUM]], %c3_i32
// CHECK: arith.select %{{.*}}, %[[B1]], %[[B0]]
// CHECK: arith.select %{{.*}}, %[[SIGN]], %[[B2]]
// CHECK: %[[TOP:.*]] = nvvm.mma.sync A[{{.*}}] B[%[[PAIR:.*]], %c0_i32] C[%c0_i32, %c0_i32, %c0_i32, %c0_i32] {b1Op = #nvvm.mma_b1op<and_popc>
// CHECK: %[[E0:.*]] = llvm.extractvalue %[[TOP]][0]
// CHECK: %[[F0:.*]] = arith.shli %[[E0]], %c1_i32
// CHECK: %[[LOW:.*]] = nvvm.mma.sync A[{{.*}}] B[%[[PAIR]], %c0_i32] C[%[[F0]],
// CHECK: %[[L0:.*]] = llvm.extractvalue %[[LOW]][0]
// CHECK: %[[L1:.*]] = llvm.extractvalue %[[LOW]][1]
// CHECK-COUNT-2: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK: %[[D0:.*]] = arith.subi %[[START]], %[[L0]]
// CHECK-NEXT: %[[T1:.*]] = arith.shli %[[L1]], %c1_i32
// CHECK-NEXT: %[[D1:.*]] = arith.subi %[[D0]], %[[T1]]
// CHECK-NEXT: %[[T2:.*]] = arith.shli %{{.*}}, %c2_i32
// CHECK-NEXT: %[[D2:.*]] = arith.subi %[[D1]], %[[T2]]
// CHECK-NEXT: %[[T3:.*]] = arith.shli %{{.*}}, %c3_i32
// CHECK-NEXT: arith.addi %[[D2]], %[[T3]]
func.func @scan(%y: tensor<?x2x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %w = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = b1> {
    %made = adamas.weigh %y cap 7 in global : tensor<?x2x32xf32>
    adamas.yield %made : tensor<?x2x32xi8>
  } : tensor<?x2x32xi8>
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = b1> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
