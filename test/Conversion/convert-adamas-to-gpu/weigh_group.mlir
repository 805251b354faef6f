// wgt-4: the heads of a group are added one after the other, each divided by its own sum; one whose sum is of no use counts for nothing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @weigh_kernel0(
// CHECK: %[[GROUP:.*]]:8 = scf.for %[[G:.*]] = %c0_i32 to %c3_i32 step %c1_i32 iter_args(%[[BEFORE:[a-z0-9]+]] = %cst
// CHECK: %[[X:.*]] = llvm.extractelement %{{.*}}[%c0_i32 : i32] : vector<4xf32>
// CHECK: %[[USABLE:.*]] = arith.andi %{{.*}}, %{{.*}} : i1
// CHECK: %[[A:.*]] = arith.select %[[USABLE]],
// CHECK: %[[Q:.*]] = arith.divf %[[X]], %[[A]] : f32
// CHECK: %[[SUM:.*]] = arith.addf %[[BEFORE]], %[[Q]] : f32
// CHECK: arith.select %[[USABLE]], %[[SUM]], %[[BEFORE]] : f32
// CHECK: scf.yield
// CHECK: llvm.intr.fabs(%[[GROUP]]#0)
// CHECK: arith.fptosi
// CHECK: adamas_gpu.value "result0" result i8 [-1, 2, 32]
func.func @weigh(%y: tensor<?x6x32xf32>) -> tensor<?x2x32xi8> {
  %0 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %w = adamas.weigh %y range 32 cap 7 kv_heads 2 in global : tensor<?x6x32xf32>
    adamas.yield %w : tensor<?x2x32xi8>
  } : tensor<?x2x32xi8>
  return %0 : tensor<?x2x32xi8>
}
