// An append that is a launch of its own waits for what is in front of the function, and the kernel behind it reads lengths and queries before
// it waits itself: so the append runs also where no token is new.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="chip=sm_90a batch=32 fusion=step ways=4" --convert-adamas-to-gpu --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @decode_kernel0(
// CHECK: adamas_gpu.wait_grid
// CHECK-NEXT: adamas_gpu.launch_dependents
// CHECK-LABEL: llvm.func @decode_kernel1(
// CHECK: adamas_gpu.launch_dependents
// CHECK: llvm.load
// CHECK: adamas_gpu.wait_grid
// CHECK-LABEL: adamas_gpu.program @decode
// CHECK: adamas_gpu.launch @kernels::@decode_kernel0 grid affine_map<()[s0] -> ((s0 * 3 + 1) ceildiv 32, 1, 1)>
// CHECK: adamas_gpu.launch @kernels::@decode_kernel1
func.func @decode(%query: tensor<?x9x64xf16>, %k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %key: tensor<?x3x?x64xf16>, %value: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>, %n: tensor<?xi32>) -> tensor<?x9x64xf16> {
  %0:3 = adamas.append %k, %v at %s into %key, %value, %codes thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  %w = adamas.weigh %y : tensor<?x9x64xf32>
  %d = adamas.weighted_distance %w, %0#2 seq_lens(%n : tensor<?xi32>) : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x9x?xi32>
  %o = adamas.sparse_attention %query, %0#0, %0#1, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o : tensor<?x9x64xf16>
}
