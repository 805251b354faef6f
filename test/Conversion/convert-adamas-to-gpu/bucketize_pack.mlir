// buk-1..5, pak-1: a code counts the thresholds of its head that its value, less the offset, is above. A NaN is above none, so
// comparisons are ordered. Eight elements of a lane make a byte of every plane.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @code_kernel0(
// CHECK: %[[PLANES:.*]] = adamas_gpu.parameter %{{.*}}[192] : !llvm.ptr -> i64
// CHECK: %[[LANE:.*]] = arith.andi
// CHECK: %[[HEAD:.*]] = arith.remui %{{.*}}, %c2_i32
// CHECK: %[[HEAD64:.*]] = arith.extsi %[[HEAD]] : i32 to i64
// The sets are on their way before the row is waited for.
// CHECK: %[[SET:.*]] = arith.muli %[[HEAD64]], %{{.*}} : i64
// CHECK: llvm.getelementptr %{{.*}}[%[[SET]]]
// CHECK: %[[T0:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK: %[[T1:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK: %[[T2:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK: %[[O:.*]] = llvm.extractelement %{{.*}}[%c0_i32 : i32] : vector<4xf32>
// CHECK: %[[Y:.*]] = arith.subf %{{.*}}, %[[O]] : f32
// CHECK: %[[A0:.*]] = arith.cmpf ogt, %[[Y]], %[[T0]] : f32
// CHECK: %[[U0:.*]] = arith.extui %[[A0]]
// CHECK: %[[A1:.*]] = arith.cmpf ogt, %[[Y]], %[[T1]] : f32
// CHECK: %[[U1:.*]] = arith.extui %[[A1]]
// CHECK: %[[S1:.*]] = arith.addi %[[U0]], %[[U1]]
// CHECK: %[[A2:.*]] = arith.cmpf ogt, %[[Y]], %[[T2]] : f32
// CHECK: %[[U2:.*]] = arith.extui %[[A2]]
// CHECK: %[[CODE:.*]] = arith.addi %[[S1]], %[[U2]]
// CHECK: arith.andi %[[CODE]], %c1_i32
// CHECK: arith.shrui %[[CODE]], %c1_i32

// A byte of the low plane, and one of the high plane, a plane's stride on.
// CHECK: scf.if
// CHECK: %[[LOW:.*]] = llvm.getelementptr %{{.*}} -> !llvm.ptr<1>, i32
// CHECK: llvm.store %{{.*}} : i8, !llvm.ptr<1>
// CHECK: llvm.getelementptr %[[LOW]][%[[PLANES]]] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, i32
// CHECK: llvm.store %{{.*}} : i8, !llvm.ptr<1>
// CHECK-NOT: llvm.store
// CHECK: llvm.return
func.func @code(%x: tensor<?x2x32xf32>, %t: tensor<2x3xf32>, %o: tensor<2x32xf32>) -> tensor<?x2x!adamas.codes<32, 2>> {
  %0 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %q = adamas.bucketize_pack %x thresholds(%t : tensor<2x3xf32>) offset(%o : tensor<2x32xf32>) in global : tensor<?x2x32xf32>
    adamas.yield %q : tensor<?x2x!adamas.codes<32, 2>>
  } : tensor<?x2x!adamas.codes<32, 2>>
  return %0 : tensor<?x2x!adamas.codes<32, 2>>
}
