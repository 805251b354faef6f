// What adamas.partial_attention refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @att_1_keys_of_another_element_type(%q: tensor<?x9x64xf32>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{'adamas.partial_attention' op expects 'query', 'key' and 'value' to have the same element type, but got 'f32', 'f16' and 'f16'}}
  %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) : tensor<?x9x64xf32>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @dst_2_9_heads_on_2(%q: tensor<?x9x64xf16>, %k: tensor<?x2x?x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{expects the head count of 'query' to be a multiple of that of 'key', but got 9 and 2}}
  %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) : tensor<?x9x64xf16>, tensor<?x2x?x64xf16>
  return
}

// -----

func.func @att_4_neither_list_nor_lengths(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>) {
  // expected-error @below {{expects either 'indices' with 'lengths', or 'seq_lens'}}
  %o, %lse = adamas.partial_attention %q, %k, %k : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @att_4_both_list_and_lengths(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x1x8xi32>, %m: tensor<?x9x1xi32>, %n: tensor<?xi32>) {
  // expected-error @below {{expects either 'indices' with 'lengths', or 'seq_lens'}}
  %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x9x1x8xi32>, tensor<?x9x1xi32>) seq_lens(%n : tensor<?xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @att_4_list_without_its_lengths(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x1x8xi32>) {
  // expected-error @below {{expects either 'indices' with 'lengths', or 'seq_lens'}}
  %o, %lse = "adamas.partial_attention"(%q, %k, %k, %i) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0>}> : (tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x1x8xi32>) -> (tensor<?x9x1x64xf32>, tensor<?x9x1xf32>)
  return
}

// -----

func.func @att_4_list_with_boundaries(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x1x8xi32>, %m: tensor<?x9x1xi32>, %p: tensor<2xi32>) {
  // expected-error @below {{expects 'parts' with 'seq_lens' only: a list has its own axis of parts}}
  %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x9x1x8xi32>, tensor<?x9x1xi32>) parts(%p : tensor<2xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @att_4_dynamic_boundaries(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>, %p: tensor<?xi32>) {
  // expected-error @below {{expects 'parts' to hold a static number of boundaries, 2 or more, but got ?}}
  %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) parts(%p : tensor<?xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @att_4_boundaries_of_rank_0(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>, %p: tensor<i32>) {
  // expected-error @below {{expects 'parts' to be a tensor of rank 1, but got 'tensor<i32>'}}
  %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) parts(%p : tensor<i32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @att_4_list_of_no_parts(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x0x8xi32>, %m: tensor<?x9x0xi32>) {
  // expected-error @below {{expects 'indices' to have a static number of parts, 1 or more, but got 0}}
  %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x9x0x8xi32>, tensor<?x9x0xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @att_4_list_of_dynamic_parts(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x?x8xi32>, %m: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'indices' to have a static number of parts, 1 or more, but got ?}}
  %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x9x?x8xi32>, tensor<?x9x?xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @att_4_list_without_parts(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x8xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'indices' to be a tensor of rank 4, but got 'tensor<?x9x8xi32>'}}
  %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x9x8xi32>, tensor<?x9xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @sel_4_lists_for_2_heads(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x2x1x8xi32>, %m: tensor<?x2x1xi32>) {
  // expected-error @below {{expects 'indices' to have one list per query head, 9, or per KV head, 3, but got 2}}
  %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @sel_5_lengths_of_other_parts(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x2x8xi32>, %m: tensor<?x9x1xi32>) {
  // expected-error @below {{expects 'lengths' to have the shape of 'indices' without its last axis, ?x9x2, but got ?x9x1}}
  %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x9x2x8xi32>, tensor<?x9x1xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @nq_1_query_of_rank_2(%q: tensor<9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{expects 'query' to have rank 3 or, with query tokens, 4, but got rank 2}}
  %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) : tensor<9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @nq_1_9_query_tokens(%q: tensor<?x9x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) {
  // expected-error @below {{expects the query tokens of 'query' to be static, from 1 to 8, but got 9}}
  %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) : tensor<?x9x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @lengths_of_another_batch(%q: tensor<2x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<3xi32>) {
  // expected-error @below {{expects 'seq_lens' to have one length a sequence, 2, but got 3}}
  %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<3xi32>) : tensor<2x9x64xf16>, tensor<?x3x?x64xf16>
  return
}

// -----

func.func @lengths_of_rank_2(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<?x1xi32>) {
  // expected-error @below {{operand #3 must be 1D tensor of 32-bit signless integer values, but got 'tensor<?x1xi32>'}}
  %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?x1xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return
}
