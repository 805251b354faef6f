// Rows of bins of more than 64 KiB together are counted in global memory at once.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @fits_kernel1(
// CHECK: adamas_gpu.shared_memory 65536 at 0
// CHECK: adamas_gpu.reduce_add %{{.*}} : !llvm.ptr<3>
// CHECK-LABEL: llvm.func @beyond_kernel1(
// CHECK-NOT: adamas_gpu.shared_memory
// CHECK-NOT: nvvm.barrier
// CHECK: adamas_gpu.reduce_add %c1_i32, %{{.*}} : !llvm.ptr<1>
// CHECK-NOT: !llvm.ptr<3>
// CHECK-LABEL: adamas_gpu.program @fits
// CHECK: adamas_gpu.launch @kernels::@fits_kernel1 {{.*}} shared 65536
// CHECK-LABEL: adamas_gpu.program @beyond
// CHECK: adamas_gpu.launch @kernels::@beyond_kernel1 {{.*}} shared 0{{ }}
func.func @fits(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x1x16384xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in registers : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 16384 sink 4 recent 2 in global : tensor<?x2x?xi32>
    adamas.yield %h : tensor<?x2x1x16384xi32>
  } : tensor<?x2x1x16384xi32>
  return %0 : tensor<?x2x1x16384xi32>
}

func.func @beyond(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x1x16385xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in registers : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 16385 sink 4 recent 2 in global : tensor<?x2x?xi32>
    adamas.yield %h : tensor<?x2x1x16385xi32>
  } : tensor<?x2x1x16385xi32>
  return %0 : tensor<?x2x1x16385xi32>
}
