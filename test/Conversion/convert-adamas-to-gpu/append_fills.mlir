// An append that is a launch of its own sets the bins of the scan behind it: it runs also where no token is new.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: adamas_gpu.program @fills
// CHECK: adamas_gpu.launch @kernels::@fills_kernel0 grid affine_map<()[s0] -> ((s0 * 3 + 1) ceildiv 32, 1, 1)>
// CHECK: adamas_gpu.launch @kernels::@fills_kernel1
// CHECK-LABEL: adamas_gpu.program @alone
// CHECK: adamas_gpu.launch @kernels::@alone_kernel{{[0-9]+}} grid affine_map<()[s0] -> ((s0 * 3) ceildiv 32, 1, 1)>
func.func @fills(%k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %key: tensor<?x3x?x64xf16>, %value: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>, %q: tensor<?x3x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x1x193xi32> {
  %0:3 = adamas.append %k, %v at %s into %key, %value, %codes thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  %1 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %0#2 seq_lens(%n : tensor<?xi32>) in registers : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 193 in global : tensor<?x3x?xi32>
    adamas.yield %h : tensor<?x3x1x193xi32>
  } : tensor<?x3x1x193xi32>
  return %1 : tensor<?x3x1x193xi32>
}

func.func @alone(%k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %key: tensor<?x3x?x64xf16>, %value: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) -> (tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>) {
  %0:3 = adamas.append %k, %v at %s into %key, %value, %codes thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  return %0#0, %0#1, %0#2 : tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
}
