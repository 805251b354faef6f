// What adamas.bucketize_pack refuses of its input, its axis of heads and its types.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @pak_3_dim_is_16(%y: tensor<?x9x16xf32>) {
  // expected-error @below {{expects the last dimension of 'input' to be a power of two from 32 to 1024, but got 16}}
  %0 = adamas.bucketize_pack %y fixed [0.0] : tensor<?x9x16xf32>
  return
}

// -----

func.func @pak_3_dim_is_96(%y: tensor<?x9x96xf32>) {
  // expected-error @below {{to be a power of two from 32 to 1024, but got 96}}
  %0 = adamas.bucketize_pack %y fixed [0.0] : tensor<?x9x96xf32>
  return
}

// -----

func.func @pak_3_dim_is_2048(%y: tensor<?x9x2048xf32>) {
  // expected-error @below {{to be a power of two from 32 to 1024, but got 2048}}
  %0 = adamas.bucketize_pack %y fixed [0.0] : tensor<?x9x2048xf32>
  return
}

// -----

func.func @pak_3_dim_is_dynamic(%y: tensor<?x9x?xf32>) {
  // expected-error @below {{to be a power of two from 32 to 1024, but got ?}}
  %0 = adamas.bucketize_pack %y fixed [0.0] : tensor<?x9x?xf32>
  return
}

// -----

func.func @input_of_rank_1(%y: tensor<64xf32>) {
  // expected-error @below {{expects 'input' to have rank 2 or more, but got rank 1}}
  %0 = adamas.bucketize_pack %y fixed [0.0] : tensor<64xf32>
  return
}

// -----

func.func @heads_axis_is_the_last(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'heads_axis' to be an axis of 'input' before the last, 0 to 1, but got 2}}
  %0 = adamas.bucketize_pack %y fixed [0.0] heads_axis 2 : tensor<?x9x64xf32>
  return
}

// -----

func.func @heads_axis_is_negative(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'heads_axis' to be an axis of 'input' before the last, 0 to 1, but got -1}}
  %0 = adamas.bucketize_pack %y fixed [0.0] heads_axis -1 : tensor<?x9x64xf32>
  return
}

// -----

func.func @heads_axis_is_huge(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{0 to 1, but got 9223372036854775807}}
  %0 = adamas.bucketize_pack %y fixed [0.0] heads_axis 9223372036854775807 : tensor<?x9x64xf32>
  return
}

// -----

func.func @thresholds_are_not_a_tensor(%y: tensor<?x9x64xf32>, %t: f32) {
  // expected-error @below {{expects 'thresholds' to be a tensor of some rank, but got 'f32'}}
  %0 = adamas.bucketize_pack %y thresholds(%t : f32) : tensor<?x9x64xf32>
  return
}

// -----

func.func @thresholds_are_unranked(%y: tensor<?x9x64xf32>, %t: tensor<*xf32>) {
  // expected-error @below {{expects 'thresholds' to be a tensor of some rank, but got 'tensor<*xf32>'}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<*xf32>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @thresholds_are_f16(%y: tensor<?x9x64xf32>, %t: tensor<3xf16>) {
  // expected-error @below {{operand #1 must be ranked tensor of 32-bit float values, but got 'tensor<3xf16>'}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<3xf16>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @offset_is_not_a_tensor(%y: tensor<?x9x64xf32>, %o: i32) {
  // expected-error @below {{operand #1 must be ranked tensor of 32-bit float values, but got 'i32'}}
  %0 = adamas.bucketize_pack %y fixed [0.0] offset(%o : i32) : tensor<?x9x64xf32>
  return
}

// -----

func.func @fixed_is_an_integer(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{unexpected decimal integer literal for a floating point value}}
  // expected-note @below {{add a trailing dot to make the literal a float}}
  %0 = adamas.bucketize_pack %y fixed [0] : tensor<?x9x64xf32>
  return
}

// -----

func.func @fixed_of_the_generic_form_is_f64(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{Invalid attribute `fixed` in property conversion: array<f64: 0.000000e+00>}}
  %0 = "adamas.bucketize_pack"(%y) <{fixed = array<f64: 0.0>, operandSegmentSizes = array<i32: 1, 0, 0>}> : (tensor<?x9x64xf32>) -> tensor<?x9x!adamas.codes<64, 1>>
  return
}

// -----

func.func @result_of_other_bits(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects results of type 'tensor<?x9x!adamas.codes<64, 1>>', but got 'tensor<?x9x!adamas.codes<64, 2>>'}}
  %0 = "adamas.bucketize_pack"(%y) <{fixed = array<f32: 0.0>, operandSegmentSizes = array<i32: 1, 0, 0>}> : (tensor<?x9x64xf32>) -> tensor<?x9x!adamas.codes<64, 2>>
  return
}
