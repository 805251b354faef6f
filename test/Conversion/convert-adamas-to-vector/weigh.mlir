// wgt-1 and wgt-2: the sum by butterflies, one division, one product, a clamp, rounding to even; unusable sums and NaN give 0.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s --implicit-check-not=fastmath --implicit-check-not=fma

// CHECK-LABEL: func.func private @weigh_kernel0(
// CHECK-SAME: %[[W:[a-z0-9]+]]: memref<?x2x32xi8,
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<16xf32>
// CHECK-DAG: %[[MAGIC:.*]] = arith.constant dense<0x4B400000> : vector<16xf32>
// CHECK-DAG: %[[LOW:.*]] = arith.constant dense<-5.000000e+00> : vector<16xf32>
// CHECK-DAG: %[[HIGH:.*]] = arith.constant dense<5.000000e+00> : vector<16xf32>
// CHECK-DAG: %[[RANGE:.*]] = arith.constant 1.000000e+02 : f32
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-DAG: %[[TINY:.*]] = arith.constant 7.88860905E-31 : f32
// CHECK-DAG: %[[INFINITY:.*]] = arith.constant 0x7F800000 : f32

// CHECK: %[[ABS:.*]] = math.absf
// CHECK: math.absf
// CHECK: %[[P:.*]] = vector.shuffle %[[ABS]], %[[ABS]] [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14]
// CHECK: arith.addf %[[ABS]], %[[P]]
// CHECK: vector.shuffle {{.*}} [2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13]
// CHECK: vector.shuffle {{.*}} [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11]
// CHECK: vector.shuffle {{.*}} [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]
// CHECK: %[[SUM:.*]] = vector.extract %{{.*}}[0] : f32
// CHECK: %[[LARGE:.*]] = arith.cmpf oge, %[[SUM]], %[[TINY]]
// CHECK: %[[FINITE:.*]] = arith.cmpf olt, %[[SUM]], %[[INFINITY]]
// CHECK: %[[USABLE:.*]] = arith.andi %[[LARGE]], %[[FINITE]]
// CHECK: %[[SAFE:.*]] = arith.select %[[USABLE]], %[[SUM]], %[[ONE]]
// CHECK: %[[RATIO:.*]] = arith.divf %[[RANGE]], %[[SAFE]]
// CHECK: %[[SCALE:.*]] = vector.broadcast %[[RATIO]]
// CHECK: %[[Y:.*]] = arith.mulf %{{.*}}, %[[SCALE]]
// CHECK: %[[OVER:.*]] = arith.cmpf ogt, %[[Y]], %[[HIGH]]
// CHECK: %[[BELOW:.*]] = arith.select %[[OVER]], %[[HIGH]], %[[Y]]
// CHECK: %[[UNDER:.*]] = arith.cmpf olt, %[[BELOW]], %[[LOW]]
// CHECK: %[[CLAMPED:.*]] = arith.select %[[UNDER]], %[[LOW]], %[[BELOW]]
// CHECK: %[[UP:.*]] = arith.addf %[[CLAMPED]], %[[MAGIC]]
// CHECK: %[[ROUNDED:.*]] = arith.subf %[[UP]], %[[MAGIC]]
// CHECK: %[[NUMBER:.*]] = arith.cmpf ord, %[[ROUNDED]], %[[ROUNDED]]
// CHECK: %[[ALL:.*]] = vector.broadcast %[[USABLE]]
// CHECK: %[[KEEP:.*]] = arith.andi %[[NUMBER]], %[[ALL]]
// CHECK: %[[KEPT:.*]] = arith.select %[[KEEP]], %[[ROUNDED]], %[[ZERO]]
// CHECK: %[[WORDS:.*]] = arith.fptosi %[[KEPT]]
// CHECK: %[[BYTES:.*]] = arith.trunci %[[WORDS]]
// CHECK: vector.store %[[BYTES]], %[[W]]
func.func @weigh(%y: tensor<?x2x32xf32>) -> tensor<?x2x32xi8> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %w = adamas.weigh %y range 100 cap 5 in global : tensor<?x2x32xf32>
    adamas.yield %w : tensor<?x2x32xi8>
  } : tensor<?x2x32xi8>
  return %0 : tensor<?x2x32xi8>
}
