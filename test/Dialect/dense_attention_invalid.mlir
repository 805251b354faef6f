// What adamas.dense_attention refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @att_1_keys_of_another_element_type(%q: tensor<?x9x64xf32>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{'adamas.dense_attention' op expects 'query', 'key' and 'value' to have the same element type, but got 'f32', 'f16' and 'f16'}}
  %0 = adamas.dense_attention %q, %k, %k, %n : tensor<?x9x64xf32>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return
}

// -----

func.func @att_1_values_of_another_shape(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %v: tensor<1x3x?x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{expects 'value' to have the type of 'key', 'tensor<?x3x?x64xf16>', but got 'tensor<1x3x?x64xf16>'}}
  %0 = "adamas.dense_attention"(%q, %k, %v, %n) : (tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<1x3x?x64xf16>, tensor<?xi32>) -> tensor<?x9x64xf16>
  return
}

// -----

func.func @att_1_keys_of_another_dimension(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x32xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{expects 'query' and 'key' to have one static last dimension, but got 64 and 32}}
  %0 = adamas.dense_attention %q, %k, %k, %n : tensor<?x9x64xf16>, tensor<?x3x?x32xf16>, tensor<?xi32>
  return
}

// -----

func.func @dst_2_9_heads_on_2(%q: tensor<?x9x64xf16>, %k: tensor<?x2x?x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{expects the head count of 'query' to be a multiple of that of 'key', but got 9 and 2}}
  %0 = adamas.dense_attention %q, %k, %k, %n : tensor<?x9x64xf16>, tensor<?x2x?x64xf16>, tensor<?xi32>
  return
}

// -----

func.func @kv_1_keys_of_rank_3(%q: tensor<?x9x64xf16>, %k: tensor<3x8x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{expects 'key' to have rank 4, [batch, heads, tokens, dimension], but got rank 3}}
  %0 = adamas.dense_attention %q, %k, %k, %n : tensor<?x9x64xf16>, tensor<3x8x64xf16>, tensor<?xi32>
  return
}

// -----

func.func @kv_1_batch_of_another_size(%q: tensor<2x9x64xf16>, %k: tensor<3x3x?x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{expects the batch of 'key' to be 1 or that of the query, 2, but got 3}}
  %0 = adamas.dense_attention %q, %k, %k, %n : tensor<2x9x64xf16>, tensor<3x3x?x64xf16>, tensor<?xi32>
  return
}

// -----

func.func @nq_1_9_query_tokens(%q: tensor<?x9x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{expects the query tokens of 'query' to be static, from 1 to 8, but got 9}}
  %0 = adamas.dense_attention %q, %k, %k, %n : tensor<?x9x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return
}

// -----

func.func @nq_1_query_of_rank_0(%q: tensor<f16>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{expects 'query' to have rank 3 or, with query tokens, 4, but got rank 0}}
  %0 = adamas.dense_attention %q, %k, %k, %n : tensor<f16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return
}

// -----

func.func @lengths_of_another_batch(%q: tensor<2x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<3xi32>) {
  // expected-error @below {{expects 'seq_lens' to have one length a sequence, 2, but got 3}}
  %0 = adamas.dense_attention %q, %k, %k, %n : tensor<2x9x64xf16>, tensor<?x3x?x64xf16>, tensor<3xi32>
  return
}

// -----

func.func @lengths_of_rank_0(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<i32>) {
  // expected-error @below {{operand #3 must be 1D tensor of 32-bit signless integer values, but got 'tensor<i32>'}}
  %0 = adamas.dense_attention %q, %k, %k, %n : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<i32>
  return
}
