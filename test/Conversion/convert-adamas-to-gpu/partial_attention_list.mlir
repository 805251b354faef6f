// att-1 over a list that others made: two rows of six are three heads of a work item, whose keys and values are read once. Eight lanes
// hold a row, four tokens a warp. What lies beyond the list is read inside it and weighs nothing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @attend_kernel0(
// CHECK-DAG: %[[SCALE:.*]] = arith.constant 0.180336878 : f32
// CHECK-DAG: %[[MINUS:.*]] = arith.constant 0xFF800000 : f32
// CHECK: %[[TOKENS:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: arith.mulf %{{.*}}, %[[SCALE]] : f32
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[TOKENS]] step %c32_i32
// CHECK: %[[END:.*]] = arith.subi %[[TOKENS]], %c1_i32
// CHECK: %[[INSIDE:.*]] = arith.minsi %{{.*}}, %[[END]]
// CHECK: llvm.getelementptr %{{.*}}[%[[INSIDE]]]
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: %[[VALID:.*]] = arith.cmpi slt, %{{.*}}, %[[TOKENS]]
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xf16>
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xf16>
// CHECK: llvm.intr.fma
// CHECK: nvvm.shfl.sync bfly
// CHECK: %[[SCORE:.*]] = arith.select %[[VALID]], %{{.*}}, %[[MINUS]] : f32
// CHECK: arith.maxnumf %{{.*}}, %[[SCORE]] : f32
// CHECK: %[[NONE:.*]] = arith.cmpf oeq, %[[MAXIMUM:.*]], %[[MINUS]] : f32
// CHECK: arith.select %[[NONE]], %{{.*}}, %[[MAXIMUM]]
// CHECK: adamas_gpu.exp2
// CHECK: scf.yield
// Lanes, then warps: att-4. att-3: the empty set gives 0 and -inf.
// CHECK: nvvm.shfl.sync bfly
// CHECK: nvvm.barrier
// CHECK: %[[EMPTY:.*]] = arith.cmpi sle, %[[TOKENS]], %c0_i32
// CHECK: %[[DIVISOR:.*]] = arith.select %[[EMPTY]],
// CHECK: arith.divf %{{.*}}, %[[DIVISOR]] : f32
// CHECK: adamas_gpu.log2
// CHECK: arith.select %[[EMPTY]], %[[MINUS]],
// CHECK: adamas_gpu.launch @kernels::@attend_kernel0 grid affine_map<()[s0] -> (s0 * 2, 1, 1)> [0, 0] threads 128
func.func @attend(%q: tensor<?x6x64xf16>, %k: tensor<?x2x?x64xf16>, %i: tensor<?x2x1x8xi32>, %m: tensor<?x2x1xi32>) -> (tensor<?x6x1x64xf32>, tensor<?x6x1xf32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) in global : tensor<?x6x64xf16>, tensor<?x2x?x64xf16>
    adamas.yield %o, %lse : tensor<?x6x1x64xf32>, tensor<?x6x1xf32>
  } : tensor<?x6x1x64xf32>, tensor<?x6x1xf32>
  return %0#0, %0#1 : tensor<?x6x1x64xf32>, tensor<?x6x1xf32>
}
