// wgt-1, wgt-2: magnitudes are summed by butterflies, whose partners have the same sum: one of them is kept, and one element passes between
// lanes. The range is divided by a sum that is at least 2^-100 and finite, and products are capped and rounded to even. A NaN weighs nothing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed 's/sync  /sync /' | FileCheck %s --implicit-check-not=fastmath --implicit-check-not=fma --implicit-check-not=nvvm.shfl

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
// CHECK-NEXT: %[[M1:.*]] = llvm.intr.fabs(
// CHECK-NEXT: %[[M2:.*]] = llvm.intr.fabs(
// CHECK-NEXT: %[[M3:.*]] = llvm.intr.fabs(
// CHECK-NEXT: %[[M4:.*]] = llvm.intr.fabs(
// CHECK-NEXT: %[[M5:.*]] = llvm.intr.fabs(
// CHECK-NEXT: %[[M6:.*]] = llvm.intr.fabs(
// CHECK-NEXT: %[[M7:.*]] = llvm.intr.fabs(
// CHECK-NEXT: %[[S01:.*]] = arith.addf %[[M0]], %[[M1]] : f32
// CHECK-NEXT: %[[S23:.*]] = arith.addf %[[M2]], %[[M3]] : f32
// CHECK-NEXT: %[[S45:.*]] = arith.addf %[[M4]], %[[M5]] : f32
// CHECK-NEXT: %[[S67:.*]] = arith.addf %[[M6]], %[[M7]] : f32
// CHECK-NEXT: %[[S03:.*]] = arith.addf %[[S01]], %[[S23]] : f32
// CHECK-NEXT: %[[S47:.*]] = arith.addf %[[S45]], %[[S67]] : f32
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[S03]], %[[S47]] : f32
// CHECK-NEXT: %[[NEIGHBOUR:.*]] = nvvm.shfl.sync bfly %c-1_i32, %[[S]], %c1_i32,
// CHECK-NEXT: %[[OF_TWO:.*]] = arith.addf %[[S]], %[[NEIGHBOUR]] : f32
// CHECK-NEXT: %[[PAIR:.*]] = nvvm.shfl.sync bfly %c-1_i32, %[[OF_TWO]], %c2_i32,
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[OF_TWO]], %[[PAIR]] : f32
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
