// att-4: the parts' outputs, weighed by their share of the whole. Where all parts are empty they add up as they are, to 0, and the
// log-sum-exp is -inf.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @merge_kernel0(
// CHECK-DAG: %[[MINUS:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG: %[[LOG2E:.*]] = arith.constant 1.44269502 : f32
// CHECK-DAG: %[[LN2:.*]] = arith.constant 0.693147182 : f32
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK: %[[L0:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK-NEXT: %[[M0:.*]] = arith.maxnumf %[[L0]], %[[MINUS]]
// CHECK: %[[L1:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK-NEXT: %[[M:.*]] = arith.maxnumf %[[M0]], %[[L1]]
// CHECK-NEXT: %[[EMPTY:.*]] = arith.cmpf oeq, %[[M]], %[[MINUS]]
// CHECK-NEXT: %[[S0:.*]] = arith.subf %[[L0]], %[[M]]
// CHECK-NEXT: %[[X0:.*]] = arith.mulf %[[S0]], %[[LOG2E]]
// CHECK-NEXT: %[[E0:.*]] = adamas_gpu.exp2 %[[X0]]
// CHECK-NEXT: %[[W0:.*]] = arith.select %[[EMPTY]], %[[ONE]], %[[E0]]
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK: llvm.intr.fma(%[[W0]],
// CHECK: arith.divf
// CHECK: arith.truncf %{{.*}} : f32 to f16
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<8xf16>, !llvm.ptr<1>
// CHECK: %[[LOG:.*]] = adamas_gpu.log2
// CHECK-NEXT: %[[NATURAL:.*]] = arith.mulf %[[LOG]], %[[LN2]]
// CHECK-NEXT: %[[LSE:.*]] = arith.addf %[[M]], %[[NATURAL]]
// CHECK-NEXT: %[[GIVEN:.*]] = arith.select %[[EMPTY]], %[[MINUS]], %[[LSE]]
// CHECK: llvm.store %[[GIVEN]], %{{.*}} : f32, !llvm.ptr<1>
func.func @merge(%o: tensor<?x2x2x64xf32>, %l: tensor<?x2x2xf32>) -> (tensor<?x2x64xf16>, tensor<?x2xf32>) {
  %0:2 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %m, %lse = adamas.merge_attention %o, %l to f16 in global : tensor<?x2x2x64xf32>, tensor<?x2x2xf32>
    adamas.yield %m, %lse : tensor<?x2x64xf16>, tensor<?x2xf32>
  } : tensor<?x2x64xf16>, tensor<?x2xf32>
  return %0#0, %0#1 : tensor<?x2x64xf16>, tensor<?x2xf32>
}
