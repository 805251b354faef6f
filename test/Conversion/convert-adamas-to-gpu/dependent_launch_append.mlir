// A function that appends writes into what it is given: a scan of all tokens reads no codes before it waits, and reads them by
// loads that see what was written.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @step_kernel0(
// CHECK: adamas_gpu.wait_grid
// CHECK-NEXT: adamas_gpu.launch_dependents
// CHECK-LABEL: llvm.func @step_kernel1(
// CHECK: adamas_gpu.launch_dependents
// CHECK-NOT: adamas_gpu.load
// CHECK: adamas_gpu.wait_grid
// CHECK: adamas_gpu.load fresh
// CHECK-NOT: adamas_gpu.load stream
func.func @step(%k: tensor<?x2x32xf16>, %s: tensor<?xi32>, %pool: tensor<?x2x16x32xf16>, %codes: tensor<?x2x16x!adamas.codes<32, 1>>, %table: tensor<?x?xi32>, %t: tensor<1xf32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x1x33xi32> {
  %0:3 = adamas.append %k, %k at %s into %pool, %pool, %codes thresholds(%t : tensor<1xf32>) : tensor<?x2x32xf16>, tensor<?xi32>, tensor<?x2x16x32xf16>, tensor<?x2x16x!adamas.codes<32, 1>>
  %view = adamas.paged_view %0#2, %table : tensor<?x2x16x!adamas.codes<32, 1>>, tensor<?x?xi32>
  %1 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %view seq_lens(%n : tensor<?xi32>) in registers : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 33 in global : tensor<?x2x?xi32>
    adamas.yield %h : tensor<?x2x1x33xi32>
  } : tensor<?x2x1x33xi32>
  return %1 : tensor<?x2x1x33xi32>
}
