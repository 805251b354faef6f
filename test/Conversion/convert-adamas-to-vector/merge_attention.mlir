// att-4: parts weigh exp(lse - largest); when all are empty the output is 0 and lse -inf; one rounding to the element type.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @merge_kernel0(
// CHECK-SAME: %[[B:[a-z0-9]+]]: index, %[[H:[a-z0-9]+]]: index, %{{[a-z0-9]+}}: index, %[[O:[a-z0-9]+]]: memref<?x2x3x16xf32, {{.*}}, %[[L:[a-z0-9]+]]: memref<?x2x3xf32, {{.*}}, %[[OUT:[a-z0-9]+]]: memref<?x2x16xf16, {{.*}}, %[[LSE:[a-z0-9]+]]: memref<?x2xf32,
// CHECK-DAG: %[[NOTHING:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK: %[[LARGEST:.*]] = scf.for %[[P:.*]] = %c0 to %c3 step %c1 iter_args(%[[MOST:.*]] = %[[NOTHING]])
// CHECK: %[[HERE:.*]] = memref.load %[[L]][%[[B]], %[[H]], %[[P]]]
// CHECK: arith.maxnumf %[[MOST]], %[[HERE]]
// CHECK: %[[EMPTY:.*]] = arith.cmpf oeq, %[[LARGEST]], %[[NOTHING]]
// CHECK: %[[SUM:.*]]:2 = scf.for %[[PART:.*]] = %c0 to %c3 step %c1
// CHECK: %[[LP:.*]] = memref.load %[[L]][%[[B]], %[[H]], %[[PART]]]
// CHECK: arith.subf %[[LP]], %[[LARGEST]]
// CHECK: %[[WEIGHT:.*]] = arith.select %[[EMPTY]], %[[ONE]],
// CHECK: %[[OP:.*]] = vector.load %[[O]][%[[B]], %[[H]], %[[PART]], %c0]
// CHECK: vector.fma %{{.*}}, %[[OP]],
// CHECK: %[[WEIGHTS:.*]] = vector.broadcast %[[SUM]]#1
// CHECK: %[[MEAN:.*]] = arith.divf %[[SUM]]#0, %[[WEIGHTS]]
// CHECK: %[[ROUNDED:.*]] = arith.truncf %[[MEAN]] : vector<16xf32> to vector<16xf16>
// CHECK: vector.store %[[ROUNDED]], %[[OUT]][%[[B]], %[[H]], %c0]
// CHECK: %[[LOG:.*]] = math.log %[[SUM]]#1
// CHECK: %[[ALL:.*]] = arith.addf %[[LARGEST]], %[[LOG]]
// CHECK: %[[RESULT:.*]] = arith.select %[[EMPTY]], %[[NOTHING]], %[[ALL]]
// CHECK: memref.store %[[RESULT]], %[[LSE]][%[[B]], %[[H]]]
func.func @merge(%o: tensor<?x2x3x16xf32>, %lse: tensor<?x2x3xf32>) -> (tensor<?x2x16xf16>, tensor<?x2xf32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %all, %l = adamas.merge_attention %o, %lse to f16 in global : tensor<?x2x3x16xf32>, tensor<?x2x3xf32>
    adamas.yield %all, %l : tensor<?x2x16xf16>, tensor<?x2xf32>
  } : tensor<?x2x16xf16>, tensor<?x2xf32>
  return %0#0, %0#1 : tensor<?x2x16xf16>, tensor<?x2xf32>
}
