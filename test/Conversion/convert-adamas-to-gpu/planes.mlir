// pak-4: a scan of one plane of four reads that plane alone, the top one, which lies three plane strides on; four words are one load.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @one_kernel1(
// CHECK: %[[STRIDE:.*]] = adamas_gpu.parameter %{{.*}}[128] : !llvm.ptr -> i64
// CHECK: %[[TOP:.*]] = arith.muli %[[STRIDE]], %c3_i64
// CHECK: llvm.getelementptr %{{.*}}[%[[TOP]]] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, i32
// CHECK-NEXT: adamas_gpu.load stream %{{.*}} -> vector<4xi32>
// CHECK: adamas_gpu.load stream %{{.*}} -> vector<4xi32>
// CHECK-NOT: adamas_gpu.load
// CHECK-LABEL: llvm.func @four_kernel1(
// CHECK-COUNT-8: adamas_gpu.load stream %{{.*}} -> vector<4xi32>
// CHECK-NOT: adamas_gpu.load
// CHECK-LABEL: adamas_gpu.program @one
func.func @one(%w: tensor<?x2x128xi8>, %c: tensor<?x2x?x!adamas.codes<128, 4>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 1 in global : tensor<?x2x128xi8>, tensor<?x2x?x!adamas.codes<128, 4>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

func.func @four(%w: tensor<?x2x128xi8>, %c: tensor<?x2x?x!adamas.codes<128, 4>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x128xi8>, tensor<?x2x?x!adamas.codes<128, 4>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
