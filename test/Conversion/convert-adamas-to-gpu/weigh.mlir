// wgt-1, wgt-2: magnitudes are summed by butterflies, the range is divided by a sum that is at least 2^-100 and finite, and
// products are capped and rounded to even. A NaN weighs nothing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s --implicit-check-not=fastmath --implicit-check-not=fma

// CHECK-LABEL: llvm.func @weigh_kernel0(
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG: %[[MAGIC:.*]] = arith.constant 0x4B400000 : f32
// CHECK-DAG: %[[LOW:.*]] = arith.constant -7.000000e+00 : f32
// CHECK-DAG: %[[CAP:.*]] = arith.constant 7.000000e+00 : f32
// CHECK-DAG: %[[RANGE:.*]] = arith.constant 3.200000e+01 : f32
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-DAG: %[[INF:.*]] = arith.constant 0x7F800000 : f32
// CHECK-DAG: %[[LEAST:.*]] = arith.constant 7.88860905E-31 : f32
// CHECK: %[[X:.*]] = llvm.extractelement %{{.*}}[%c0_i32 : i32] : vector<4xf32>
// CHECK: %[[M0:.*]] = llvm.intr.fabs(%[[X]])
// CHECK: %[[M1:.*]] = llvm.intr.fabs(
// CHECK: arith.addf %[[M0]], %[[M1]] : f32
// CHECK-COUNT-16: nvvm.shfl.sync
// CHECK-NEXT: %[[SUM:.*]] = arith.addf
// CHECK-NEXT: %[[LARGE:.*]] = arith.cmpf oge, %[[SUM]], %[[LEAST]] : f32
// CHECK-NEXT: %[[FINITE:.*]] = arith.cmpf olt, %[[SUM]], %[[INF]] : f32
// CHECK-NEXT: %[[USABLE:.*]] = arith.andi %[[LARGE]], %[[FINITE]] : i1
// CHECK-NEXT: %[[A:.*]] = arith.select %[[USABLE]], %[[SUM]], %[[ONE]] : f32
// CHECK-NEXT: %[[SCALE:.*]] = arith.divf %[[RANGE]], %[[A]] : f32
// CHECK-NEXT: %[[Y:.*]] = arith.mulf %[[X]], %[[SCALE]] : f32
// CHECK-NEXT: %[[OVER:.*]] = arith.cmpf ogt, %[[Y]], %[[CAP]] : f32
// CHECK-NEXT: %[[Y1:.*]] = arith.select %[[OVER]], %[[CAP]], %[[Y]] : f32
// CHECK-NEXT: %[[UNDER:.*]] = arith.cmpf olt, %[[Y1]], %[[LOW]] : f32
// CHECK-NEXT: %[[Y2:.*]] = arith.select %[[UNDER]], %[[LOW]], %[[Y1]] : f32
// CHECK-NEXT: %[[UP:.*]] = arith.addf %[[Y2]], %[[MAGIC]] : f32
// CHECK-NEXT: %[[ROUNDED:.*]] = arith.subf %[[UP]], %[[MAGIC]] : f32
// CHECK-NEXT: %[[NUMBER:.*]] = arith.cmpf ord, %[[ROUNDED]], %[[ROUNDED]] : f32
// CHECK-NEXT: %[[GOOD:.*]] = arith.andi %[[NUMBER]], %[[USABLE]] : i1
// CHECK-NEXT: %[[W:.*]] = arith.select %[[GOOD]], %[[ROUNDED]], %[[ZERO]] : f32
// CHECK-NEXT: arith.fptosi %[[W]] : f32 to i32
// CHECK: llvm.store %{{.*}} {alignment = 8 : i64} : vector<8xi8>, !llvm.ptr<1>
func.func @weigh(%y: tensor<?x2x32xf32>) -> tensor<?x2x32xi8> {
  %0 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %w = adamas.weigh %y range 32 cap 7 in global : tensor<?x2x32xf32>
    adamas.yield %w : tensor<?x2x32xi8>
  } : tensor<?x2x32xi8>
  return %0 : tensor<?x2x32xi8>
}
