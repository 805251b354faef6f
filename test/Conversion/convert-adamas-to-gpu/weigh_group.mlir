// wgt-4: the heads of a group are weighed side by side, each divided by its own sum, and meet in shared memory, where they are added in
// order; one whose sum is of no use counts for nothing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @weigh_kernel0(
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG: %[[FLAGS:.*]] = adamas_gpu.shared_memory 12 at
// CHECK-DAG: %[[HEADS:.*]] = adamas_gpu.shared_memory 384 at
// Four threads a head; those beyond the third head read the third and store nothing.
// CHECK: %[[TEAM:.*]] = arith.divui %{{.*}}, %c4_i32
// CHECK: %[[G:.*]] = arith.minsi %[[TEAM]], %c2_i32
// CHECK-NEXT: %[[INSIDE:.*]] = arith.cmpi slt, %[[TEAM]], %c3_i32
// CHECK: %[[X:.*]] = llvm.extractelement %{{.*}}[%c0_i32 : i32] : vector<4xf32>
// CHECK: %[[USABLE:.*]] = arith.andi %{{.*}}, %{{.*}} : i1
// CHECK: %[[A:.*]] = arith.select %[[USABLE]],
// CHECK: %[[Q:.*]] = arith.divf %[[X]], %[[A]] : f32
// CHECK: scf.if %[[INSIDE]] {
// CHECK: arith.muli %[[G]], %c32_i32
// CHECK: %[[MINE:.*]] = llvm.getelementptr %[[HEADS]]
// CHECK-NEXT: llvm.insertelement %[[Q]], %{{.*}}[%c0_i32 : i32]
// CHECK: llvm.store %{{.*}}, %[[MINE]] {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
// CHECK: %[[FLAG:.*]] = arith.extui %[[USABLE]]
// CHECK-NEXT: %[[TO:.*]] = llvm.getelementptr %[[FLAGS]][%[[G]]]
// CHECK-NEXT: llvm.store %[[FLAG]], %[[TO]]
// CHECK: nvvm.barrier
// One team adds the three: 32 numbers a head, in the order of the heads, from zero.
// CHECK: %[[AT0:.*]] = llvm.getelementptr %[[FLAGS]]
// CHECK-NEXT: %[[FLAG0:.*]] = llvm.load %[[AT0]]
// CHECK-NEXT: %[[COUNTS0:.*]] = arith.cmpi ne, %[[FLAG0]], %c0_i32
// CHECK: %[[HEAD0:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK: %[[Q0:.*]] = llvm.extractelement %[[HEAD0]][%c0_i32 : i32]
// CHECK: %[[SUM0:.*]] = arith.addf %[[Q0]], %[[ZERO]] : f32
// CHECK-NEXT: %[[UPTO0:.*]] = arith.select %[[COUNTS0]], %[[SUM0]], %[[ZERO]] : f32
// CHECK: %[[AT1:.*]] = llvm.getelementptr %[[FLAGS]]
// CHECK-NEXT: %[[FLAG1:.*]] = llvm.load %[[AT1]]
// CHECK-NEXT: %[[COUNTS1:.*]] = arith.cmpi ne, %[[FLAG1]], %c0_i32
// CHECK: %[[HEAD1:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK: %[[Q1:.*]] = llvm.extractelement %[[HEAD1]][%c0_i32 : i32]
// CHECK: %[[SUM1:.*]] = arith.addf %[[UPTO0]], %[[Q1]] : f32
// CHECK-NEXT: %[[UPTO1:.*]] = arith.select %[[COUNTS1]], %[[SUM1]], %[[UPTO0]] : f32
// CHECK: %[[AT2:.*]] = llvm.getelementptr %[[FLAGS]]
// CHECK-NEXT: %[[FLAG2:.*]] = llvm.load %[[AT2]]
// CHECK-NEXT: %[[COUNTS2:.*]] = arith.cmpi ne, %[[FLAG2]], %c0_i32
// CHECK: %[[HEAD2:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK: %[[Q2:.*]] = llvm.extractelement %[[HEAD2]][%c0_i32 : i32]
// CHECK: %[[SUM2:.*]] = arith.addf %[[UPTO1]], %[[Q2]] : f32
// CHECK-NEXT: %[[UPTO2:.*]] = arith.select %[[COUNTS2]], %[[SUM2]], %[[UPTO1]] : f32
// CHECK: llvm.intr.fabs(%[[UPTO2]])
// CHECK: arith.fptosi
// CHECK: adamas_gpu.value "result0" result i8 [-1, 2, 32]
func.func @weigh(%y: tensor<?x6x32xf32>) -> tensor<?x2x32xi8> {
  %0 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %w = adamas.weigh %y range 32 cap 7 kv_heads 2 in global : tensor<?x6x32xf32>
    adamas.yield %w : tensor<?x2x32xi8>
  } : tensor<?x2x32xi8>
  return %0 : tensor<?x2x32xi8>
}
