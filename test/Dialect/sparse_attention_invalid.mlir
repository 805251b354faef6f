// What adamas.sparse_attention refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @att_1_keys_of_another_element_type(%q: tensor<?x9x64xf32>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{'adamas.sparse_attention' op expects 'query', 'key' and 'value' to have the same element type, but got 'f32', 'f16' and 'f16'}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf32>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @att_1_values_of_another_element_type(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %v: tensor<?x3x?x64xbf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'query', 'key' and 'value' to have the same element type, but got 'f16', 'f16' and 'bf16'}}
  %0 = "adamas.sparse_attention"(%q, %k, %v, %i, %m) : (tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xbf16>, tensor<?x9x128xi32>, tensor<?x9xi32>) -> tensor<?x9x64xf16>
  return
}

// -----

func.func @att_1_values_of_another_shape(%q: tensor<?x9x64xf16>, %k: tensor<?x3x8x64xf16>, %v: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'value' to have the type of 'key', 'tensor<?x3x8x64xf16>', but got 'tensor<?x3x?x64xf16>'}}
  %0 = "adamas.sparse_attention"(%q, %k, %v, %i, %m) : (tensor<?x9x64xf16>, tensor<?x3x8x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>) -> tensor<?x9x64xf16>
  return
}

// -----

func.func @att_1_keys_of_another_dimension(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x128xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'query' and 'key' to have one static last dimension, but got 64 and 128}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x128xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @att_1_dynamic_dimension(%q: tensor<?x9x?xf16>, %k: tensor<?x3x?x?xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'query' and 'key' to have one static last dimension, but got ? and ?}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x?xf16>, tensor<?x3x?x?xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @att_1_no_dimension(%q: tensor<?x9x0xf16>, %k: tensor<?x3x?x0xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'query' and 'key' to have one static last dimension, but got 0 and 0}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x0xf16>, tensor<?x3x?x0xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @att_1_element_type_is_f64(%q: tensor<?x9x64xf64>, %k: tensor<?x3x?x64xf64>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of 16-bit float or bfloat16 type or 32-bit float values, but got 'tensor<?x9x64xf64>'}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf64>, tensor<?x3x?x64xf64>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @dst_2_9_heads_on_2(%q: tensor<?x9x64xf16>, %k: tensor<?x2x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects the head count of 'query' to be a multiple of that of 'key', but got 9 and 2}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x2x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @kv_1_keys_of_rank_3(%q: tensor<?x9x64xf16>, %k: tensor<3x8x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'key' to have rank 4, [batch, heads, tokens, dimension], but got rank 3}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<3x8x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @kv_1_batch_of_another_size(%q: tensor<2x9x64xf16>, %k: tensor<3x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects the batch of 'key' to be 1 or that of the query, 2, but got 3}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<2x9x64xf16>, tensor<3x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @kv_1_dynamic_key_heads(%q: tensor<?x9x64xf16>, %k: tensor<?x?x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects the head count of 'key' to be static and positive, but got ?}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x?x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @sel_4_lists_for_2_heads(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x2x128xi32>, %m: tensor<?x2xi32>) {
  // expected-error @below {{expects 'indices' to have one list per query head, 9, or per KV head, 3, but got 2}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x2x128xi32>, tensor<?x2xi32>
  return
}

// -----

func.func @sel_4_lists_for_dynamic_heads(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x?x128xi32>, %m: tensor<?x?xi32>) {
  // expected-error @below {{expects 'indices' to have one list per query head, 9, or per KV head, 3, but got ?}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x?x128xi32>, tensor<?x?xi32>
  return
}

// -----

func.func @sel_5_lengths_of_another_shape(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x3xi32>) {
  // expected-error @below {{expects 'lengths' to have the shape of 'indices' without its last axis, ?x9, but got ?x3}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x3xi32>
  return
}

// -----

func.func @sel_5_lengths_of_another_rank(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9x128xi32>) {
  // expected-error @below {{expects 'lengths' to have the shape of 'indices' without its last axis, ?x9, but got ?x9x128}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9x128xi32>
  return
}

// -----

func.func @sel_5_indices_of_another_rank(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9xi32>, %m: tensor<?xi32>) {
  // expected-error @below {{expects 'indices' to have rank 3, but got rank 2}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9xi32>, tensor<?xi32>
  return
}

// -----

func.func @sel_5_indices_of_another_batch(%q: tensor<2x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<3x9x128xi32>, %m: tensor<3x9xi32>) {
  // expected-error @below {{expects 'indices' to begin with the batch and query tokens of 'query', 2, but got 3x9x128}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<2x9x64xf16>, tensor<?x3x?x64xf16>, tensor<3x9x128xi32>, tensor<3x9xi32>
  return
}

// -----

func.func @nq_1_indices_of_other_query_tokens(%q: tensor<?x4x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x2x9x128xi32>, %m: tensor<?x2x9xi32>) {
  // expected-error @below {{expects 'indices' to begin with the batch and query tokens of 'query', ?x4, but got ?x2x9x128}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x4x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x2x9x128xi32>, tensor<?x2x9xi32>
  return
}
