// What has no lowering is refused by name: ops outside of kernels, other constants, placements that need another kernel.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --convert-adamas-to-gpu


func.func @negative_no_kernel(%x: tensor<?x2x32xf32>) -> tensor<?x2x32xf32> {
  // expected-error @below {{'adamas.hadamard' op is not lowered to GPUs}}
  %y = adamas.hadamard %x : tensor<?x2x32xf32>
  return %y : tensor<?x2x32xf32>
}

// -----

func.func @negative_constant(%x: tensor<?x2x32xf32>) -> tensor<?x2x!adamas.codes<32, 1>> {
  // expected-error @below {{'arith.constant' op is not lowered to GPUs}}
  %t = arith.constant dense<0.5> : tensor<1xf32>
  %0 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %q = adamas.bucketize_pack %x thresholds(%t : tensor<1xf32>) in global : tensor<?x2x32xf32>
    adamas.yield %q : tensor<?x2x!adamas.codes<32, 1>>
  } : tensor<?x2x!adamas.codes<32, 1>>
  return %0 : tensor<?x2x!adamas.codes<32, 1>>
}

// -----

func.func @negative_threshold_leaves(%h: tensor<?x2x1x33xi32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %q: tensor<?x2x!adamas.codes<32, 1>>) -> tensor<?x2xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{'adamas.threshold' op is lowered to GPUs only where its users follow in the same kernel}}
    %t, %s = adamas.threshold %h need 7 in global : tensor<?x2x1x33xi32>
    adamas.yield %t : tensor<?x2xi32>
  } : tensor<?x2xi32>
  return %0 : tensor<?x2xi32>
}

// -----

func.func @negative_part_axis_leaves(%i: tensor<?x2x8xi32>) -> tensor<?x2x1x8xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{'adamas.add_part_axis' op is lowered to GPUs only where its users follow in the same kernel}}
    %p = adamas.add_part_axis %i in global : tensor<?x2x8xi32> -> tensor<?x2x1x8xi32>
    adamas.yield %p : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}

// -----

func.func @negative_given_threshold(%d: tensor<?x2x?xi32>, %t: tensor<?x2xi32>, %skip: tensor<?x2x1xi32>, %n: tensor<?xi32>) -> tensor<?x2x1x8xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{'adamas.compact' op expects its threshold to be made in the same kernel on this target}}
    %i, %m = adamas.compact %d, %t, %skip seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}
