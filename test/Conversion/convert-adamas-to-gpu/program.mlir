// What the host is told: arguments, results and workspace, each with its place in the parameter block, and how the grid and the workspace's
// shape follow from the sizes of arguments. Stored distances have 16 bits and rows with room for eight more; those of a result have 32,
// and lie densely.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: adamas_gpu.program @decode block
// CHECK-NEXT: adamas_gpu.value "argument0" argument f32 [-1, 2, 32] at 0 dense 1 align 16
// CHECK-NEXT: adamas_gpu.value "argument1" argument f32 [1] at 56 dense 1 align 4
// CHECK-NEXT: adamas_gpu.value "argument2" argument ui32 [-1, 2, -1, 1, 1] at 80 dense 1 align 4
// CHECK-NEXT: adamas_gpu.value "argument3" argument i32 [-1] at 168 dense 1 align 4
// CHECK-NEXT: adamas_gpu.value "result0" result i32 [-1, 2, 8] at 192 dense 1 align 4
// CHECK-NEXT: adamas_gpu.value "buffer0" workspace ui32 [-1, 2, 1, 1] at 248 dense 1 align 4 extent affine_map<()[s0] -> (s0, 2, 1, 1)> [0, 0]
// CHECK-NEXT: adamas_gpu.value "buffer1" workspace i16 [-1, 2, -1] at 320 dense 3 align 16 extent affine_map<()[s0, s1] -> (s0, 2, (s1 ceildiv 64) * 64 + 64)> [0, 0, 2, 2]
// CHECK-NEXT: adamas_gpu.value "buffer2" workspace i32 [-1, 2, 1, 33] at 376 dense 1 align 4 extent affine_map<()[s0] -> (s0, 2, 1, 33)> [0, 0]
// CHECK-NEXT: adamas_gpu.launch @kernels::@decode_kernel0 grid affine_map<()[s0] -> (s0 * 2, {{[0-9]+}}, 1)> [0, 0] threads 128 shared 0 dependent
// CHECK-NEXT: adamas_gpu.launch @kernels::@decode_kernel1 grid affine_map<()[s0, s1] -> (s0 * 2, ((s1 ceildiv 64) * 64) ceildiv 256, 1)> [0, 0, 2, 2] threads 128 shared 144 dependent
// CHECK-NEXT: adamas_gpu.launch @kernels::@decode_kernel2 grid affine_map<()[s0] -> (s0 * 2, 1, 1)> [0, 0] threads 128
func.func @decode(%y: tensor<?x2x32xf32>, %t: tensor<1xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<?x2x8xi32>) {
  %q = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %codes = adamas.bucketize_pack %y thresholds(%t : tensor<1xf32>) in global : tensor<?x2x32xf32>
    adamas.yield %codes : tensor<?x2x!adamas.codes<32, 1>>
  } : tensor<?x2x!adamas.codes<32, 1>>
  %s:2 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 33 in global : tensor<?x2x?xi32>
    adamas.yield %d, %h : tensor<?x2x?xi32>, tensor<?x2x1x33xi32>
  } : tensor<?x2x?xi32>, tensor<?x2x1x33xi32>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %th, %skip = adamas.threshold %s#1 need 7 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %s#0, %th, %skip seq_lens(%n : tensor<?xi32>) budget 8 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    %all, %l = adamas.join %i, %m in global : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
    adamas.yield %all : tensor<?x2x8xi32>
  } : tensor<?x2x8xi32>
  return %0 : tensor<?x2x8xi32>
}
