// What adamas.bucketize_pack refuses of its thresholds.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @buk_1_4_thresholds(%y: tensor<?x9x64xf32>, %t: tensor<4xf32>) {
  // expected-error @below {{'adamas.bucketize_pack' op expects 1, 3, 7 or 15 thresholds (2^b - 1 for b = 1..4), but got 4}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<4xf32>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_1_thresholds_for_5_bits(%y: tensor<?x9x64xf32>, %t: tensor<3x31xf32>) {
  // expected-error @below {{expects 1, 3, 7 or 15 thresholds (2^b - 1 for b = 1..4), but got 31}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<3x31xf32>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_1_dynamic_thresholds(%y: tensor<?x9x64xf32>, %t: tensor<?xf32>) {
  // expected-error @below {{expects 1, 3, 7 or 15 thresholds (2^b - 1 for b = 1..4), but got ?}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<?xf32>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_1_thresholds_of_rank_0(%y: tensor<?x9x64xf32>, %t: tensor<f32>) {
  // expected-error @below {{expects 1, 3, 7 or 15 thresholds (2^b - 1 for b = 1..4), but got 0}}
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<f32>) : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_1_no_fixed_threshold(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 1, 3, 7 or 15 thresholds (2^b - 1 for b = 1..4), but got 0}}
  %0 = adamas.bucketize_pack %y fixed [] : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_1_fixed_threshold_is_infinite(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects finite thresholds, but number 2 of 'fixed' is not}}
  %0 = adamas.bucketize_pack %y fixed [-1.0, 0.0, 0x7F800000] : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_1_fixed_threshold_is_nan(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects finite thresholds, but number 0 of 'fixed' is not}}
  %0 = adamas.bucketize_pack %y fixed [0x7FC00000] : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_1_fixed_thresholds_are_equal(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects strictly increasing thresholds, but number 2 of 'fixed' is not above number 1}}
  %0 = adamas.bucketize_pack %y fixed [-1.0, 0.0, 0.0] : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_1_fixed_thresholds_are_zeros_of_both_signs(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects strictly increasing thresholds, but number 1 of 'fixed' is not above number 0}}
  %0 = adamas.bucketize_pack %y fixed [-0.0, 0.0, 1.0] : tensor<?x9x64xf32>
  return
}

// -----

func.func @buk_1_fixed_thresholds_fall(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects strictly increasing thresholds, but number 1 of 'fixed' is not above number 0}}
  %0 = adamas.bucketize_pack %y fixed [1.0, 0.0, 2.0] : tensor<?x9x64xf32>
  return
}
