// Distances of a caller's weights are held below the number of bins; those of codes, and of weights made here, need no check.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @weights_kernel1(
// CHECK: arith.minui %{{.*}}, %c4096_i32
// CHECK: arith.minui %{{.*}}, %c4096_i32
// CHECK-LABEL: llvm.func @codes_kernel1(
// CHECK-NOT: arith.minui
// CHECK-LABEL: adamas_gpu.program @weights
func.func @weights(%q: tensor<?x2x32xi8>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x1x4097xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.weighted_distance %q, %c seq_lens(%n : tensor<?xi32>) in registers : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 4097 sink 4 recent 2 in global : tensor<?x2x?xi32>
    adamas.yield %h : tensor<?x2x1x4097xi32>
  } : tensor<?x2x1x4097xi32>
  return %0 : tensor<?x2x1x4097xi32>
}

func.func @codes(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x1x193xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in registers : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 193 sink 4 recent 2 in global : tensor<?x2x?xi32>
    adamas.yield %h : tensor<?x2x1x193xi32>
  } : tensor<?x2x1x193xi32>
  return %0 : tensor<?x2x1x193xi32>
}
