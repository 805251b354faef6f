// had-2: strides 1, 2, 4, 8, 16 in this order, each output a + b or a - b, then one product. Four lanes hold a row of 32, eight
// elements each: three strides within a lane, two between lanes. Nothing may be reassociated or fused.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/shfl.sync  /shfl.sync /' | FileCheck %s --implicit-check-not=fastmath --implicit-check-not=fma

// CHECK-LABEL: llvm.func @rotate_kernel0(
// CHECK-DAG: %[[SCALE:.*]] = arith.constant 0.176776692 : f32
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : i32
// CHECK-DAG: %[[TWO:.*]] = arith.constant 2 : i32
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xf16>
// CHECK: %[[X0:.*]] = llvm.extractelement %{{.*}}[%c0_i32 : i32] : vector<8xf32>
// CHECK: %[[X1:.*]] = llvm.extractelement %{{.*}}[%[[ONE]] : i32] : vector<8xf32>
// CHECK: %[[A0:.*]] = arith.addf %[[X0]], %[[X1]] : f32
// CHECK: %[[A1:.*]] = arith.subf %[[X0]], %[[X1]] : f32
// CHECK: %[[A2:.*]] = arith.addf
// CHECK: %[[B0:.*]] = arith.addf %[[A0]], %[[A2]] : f32
// CHECK: arith.subf %[[A0]], %[[A2]] : f32
// CHECK: %[[C0:.*]] = arith.addf %[[B0]],

// Between lanes: the lower one adds, the upper one subtracts what it holds from what the lower one holds.
// CHECK: %[[P0:.*]] = nvvm.shfl.sync bfly %{{.*}}, %[[C0]], %[[ONE]], %{{.*}} : f32 -> f32
// CHECK: %[[ODD:.*]] = arith.cmpi ne,
// CHECK: %[[SUM:.*]] = arith.addf %[[C0]], %[[P0]] : f32
// CHECK: %[[DIFFERENCE:.*]] = arith.subf %[[P0]], %[[C0]] : f32
// CHECK: %[[D0:.*]] = arith.select %[[ODD]], %[[DIFFERENCE]], %[[SUM]] : f32
// CHECK: nvvm.shfl.sync bfly %{{.*}}, %[[D0]], %[[TWO]], %{{.*}} : f32 -> f32
// CHECK: %[[E0:.*]] = arith.select
// CHECK: %[[F0:.*]] = arith.mulf %[[E0]], %[[SCALE]] : f32
// CHECK: scf.if
// CHECK: llvm.insertelement %[[F0]],
// CHECK-COUNT-2: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<1>
// CHECK-NOT: llvm.store
// CHECK: llvm.return
func.func @rotate(%x: tensor<?x2x32xf16>) -> tensor<?x2x32xf32> {
  %0 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %y = adamas.hadamard %x in global : tensor<?x2x32xf16>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  return %0 : tensor<?x2x32xf32>
}
