// What adamas.bucketize_pack refuses of its sets of thresholds and its offset.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @buk_2_no_thresholds(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects thresholds either as an operand or as 'fixed', but got neither}}
  %0 = adamas.bucketize_pack %y : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_2_thresholds_twice(%y: tensor<?x9x64xf32>, %t: tensor<1xf32>) {
  // expected-error @below {{expects thresholds either as an operand or as 'fixed', but got both}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<1xf32>) fixed [0.0] : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_2_2_sets_for_9_heads(%y: tensor<?x9x64xf32>, %t: tensor<2x3xf32>) {
  // expected-error @below {{expects the heads, 9, to be a multiple of the threshold sets, but got 2}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<2x3xf32>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_2_no_set(%y: tensor<?x9x64xf32>, %t: tensor<0x3xf32>) {
  // expected-error @below {{expects the heads, 9, to be a multiple of the threshold sets, but got 0}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<0x3xf32>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_2_dynamic_sets(%y: tensor<?x9x64xf32>, %t: tensor<?x3xf32>) {
  // expected-error @below {{expects the heads, 9, to be a multiple of the threshold sets, but got ?}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<?x3xf32>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_2_thresholds_of_rank_3(%y: tensor<?x9x64xf32>, %t: tensor<1x1x3xf32>) {
  // expected-error @below {{expects 'thresholds' to be [2^b - 1] or [heads, 2^b - 1], but got rank 3}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<1x1x3xf32>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_2_dynamic_heads(%y: tensor<1x3x?x64xf32>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects a static and positive number of heads, but got ?}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<1x3x?x64xf32>
  return
}

// -----

func.func @buk_2_no_heads(%y: tensor<1x0x64xf32>, %t: tensor<3xf32>) {
  // expected-error @below {{expects a static and positive number of heads, but got 0}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<1x0x64xf32>
  return
}

// -----

func.func @buk_5_offset_of_other_heads(%y: tensor<?x3x?x64xf32>, %t: tensor<3xf32>, %o: tensor<9x64xf32>) {
  // expected-error @below {{expects 'offset' to be [heads, dimension], 3x64, but got 9x64}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) offset(%o : tensor<9x64xf32>) heads_axis 1 : tensor<?x3x?x64xf32>
  return
}

// -----

func.func @buk_5_offset_of_another_dimension(%y: tensor<?x9x64xf32>, %o: tensor<9x32xf32>) {
  // expected-error @below {{expects 'offset' to be [heads, dimension], 9x64, but got 9x32}}
  %0 = adamas.bucketize_pack %y fixed [0.0] offset(%o : tensor<9x32xf32>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_5_offset_of_rank_1(%y: tensor<?x9x64xf32>, %o: tensor<64xf32>) {
  // expected-error @below {{expects 'offset' to be [heads, dimension], 9x64, but got 64}}
  %0 = adamas.bucketize_pack %y fixed [0.0] offset(%o : tensor<64xf32>) : tensor<?x9x64xf32>
  return
}
