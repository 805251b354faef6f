// What adamas.append refuses of its thresholds, offset and layout.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @buk_1_thresholds_of_other_bits(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x7xf32>) {
  // expected-error @below {{expects 2^b - 1 = 3 thresholds for codes of 2 bits, but got 7}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x7xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @buk_1_thresholds_of_rank_0(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<f32>) {
  // expected-error @below {{expects 2^b - 1 = 3 thresholds for codes of 2 bits, but got }}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<f32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @buk_2_2_sets_for_3_heads(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<2x3xf32>) {
  // expected-error @below {{expects the heads, 3, to be a multiple of the threshold sets, but got 2}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<2x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @buk_2_thresholds_of_rank_3(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<1x3x3xf32>) {
  // expected-error @below {{expects 'thresholds' to be [2^b - 1] or [heads, 2^b - 1], but got rank 3}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<1x3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @buk_2_no_heads(%k: tensor<?x0x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x0x16x64xf16>, %cp: tensor<?x0x16x!adamas.codes<64, 2>>, %t: tensor<3xf32>) {
  // expected-error @below {{expects a static and positive number of heads, but got 0}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) : tensor<?x0x64xf16>, tensor<?xi32>, tensor<?x0x16x64xf16>, tensor<?x0x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @buk_5_offset_of_other_heads(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>, %o: tensor<9x64xf32>) {
  // expected-error @below {{expects 'offset' to be [heads, dimension], 3x64, but got 9x64}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) offset(%o : tensor<9x64xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @buk_5_offset_is_f16(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>, %o: tensor<3x64xf16>) {
  // expected-error @below {{operand #7 must be ranked tensor of 32-bit float values, but got 'tensor<3x64xf16>'}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) offset(%o : tensor<3x64xf16>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_1_layout_is_unknown(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expected ::mlir::adamas::PoolLayout to be one of: head_major, token_major}}
  // expected-error @below {{failed to parse Adamas_PoolLayoutAttr parameter}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) layout page_major : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_1_pools_are_no_tensors(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: i32, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{operand #3 must be ranked tensor of 16-bit float or bfloat16 type or 32-bit float values, but got 'i32'}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, i32, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}
