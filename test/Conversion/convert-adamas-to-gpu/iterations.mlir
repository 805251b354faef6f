// A CTA that goes on to the next tokens loads their keys before it measures the ones that it has.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @scan_kernel1(
// CHECK: %[[FIRST:.*]]:2 = scf.if
// CHECK: adamas_gpu.load stream
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c256_i32 iter_args(%[[K0:[a-z0-9]+]] = %[[FIRST]]#0, %[[K1:[a-z0-9]+]] = %[[FIRST]]#1)
// CHECK: %[[N0:.*]] = adamas_gpu.load stream
// CHECK: %[[N1:.*]] = adamas_gpu.load stream
// CHECK: %[[X:.*]] = arith.xori %[[K0]],
// CHECK: llvm.intr.ctpop(%[[X]])
// CHECK: scf.yield %[[N0]], %[[N1]] : i32, i32
// CHECK: adamas_gpu.launch @kernels::@scan_kernel1 grid affine_map<()[s0, s1] -> (s0 * 2, ((s1 ceildiv 64) * 64) ceildiv 1024, 1)>
func.func @scan(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 4, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
