// What adamas.merge_attention refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @att_4_lse_of_other_parts(%o: tensor<?x9x3x64xf32>, %l: tensor<?x9x2xf32>) {
  // expected-error @below {{'adamas.merge_attention' op expects 'lse' to have the shape of 'output' without its last axis, ?x9x3, but got ?x9x2}}
  %0, %1 = adamas.merge_attention %o, %l to f16 : tensor<?x9x3x64xf32>, tensor<?x9x2xf32>
  return
}

// -----

func.func @att_4_lse_of_another_rank(%o: tensor<?x9x3x64xf32>, %l: tensor<?x9xf32>) {
  // expected-error @below {{expects 'lse' to have the shape of 'output' without its last axis, ?x9x3, but got ?x9}}
  %0, %1 = adamas.merge_attention %o, %l to f16 : tensor<?x9x3x64xf32>, tensor<?x9xf32>
  return
}

// -----

func.func @att_4_output_of_rank_3(%o: tensor<?x9x64xf32>, %l: tensor<?x9xf32>) {
  // expected-error @below {{expects 'output' to have rank 4 or, with query tokens, 5, but got rank 3}}
  %0, %1 = adamas.merge_attention %o, %l to f16 : tensor<?x9x64xf32>, tensor<?x9xf32>
  return
}

// -----

func.func @att_1_to_i32(%o: tensor<?x9x3x64xf32>, %l: tensor<?x9x3xf32>) {
  // expected-error @below {{expects 'element_type' to be f16, bf16 or f32, but got 'i32'}}
  %0, %1 = adamas.merge_attention %o, %l to i32 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  return
}

// -----

func.func @att_1_to_f64(%o: tensor<?x9x3x64xf32>, %l: tensor<?x9x3xf32>) {
  // expected-error @below {{expects 'element_type' to be f16, bf16 or f32, but got 'f64'}}
  %0, %1 = adamas.merge_attention %o, %l to f64 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  return
}

// -----

func.func @att_1_to_a_tensor(%o: tensor<?x9x3x64xf32>, %l: tensor<?x9x3xf32>) {
  // expected-error @below {{expects 'element_type' to be f16, bf16 or f32, but got 'tensor<f16>'}}
  %0, %1 = adamas.merge_attention %o, %l to tensor<f16> : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  return
}

// -----

func.func @att_4_dynamic_parts(%o: tensor<?x9x?x64xf32>, %l: tensor<?x9x?xf32>) {
  // expected-error @below {{expects the parts of 'output' to be static and positive, but got ?}}
  %0, %1 = adamas.merge_attention %o, %l to f16 : tensor<?x9x?x64xf32>, tensor<?x9x?xf32>
  return
}

// -----

func.func @nq_1_dynamic_heads(%o: tensor<?x?x1x64xf32>, %l: tensor<?x?x1xf32>) {
  // expected-error @below {{expects the head count of 'output' to be static and positive, but got ?}}
  %0, %1 = adamas.merge_attention %o, %l to f16 : tensor<?x?x1x64xf32>, tensor<?x?x1xf32>
  return
}

// -----

func.func @output_is_f16(%o: tensor<?x9x3x64xf16>, %l: tensor<?x9x3xf32>) {
  // expected-error @below {{operand #0 must be ranked tensor of 32-bit float values, but got 'tensor<?x9x3x64xf16>'}}
  %0, %1 = adamas.merge_attention %o, %l to f16 : tensor<?x9x3x64xf16>, tensor<?x9x3xf32>
  return
}
