// What adamas.l1_distance refuses of its shapes and types.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @nq_1_9_query_tokens(%q: tensor<?x9x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the query tokens of 'query' to be static, from 1 to 8, but got 9}}
  %0 = adamas.l1_distance %q, %k : tensor<?x9x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @nq_1_dynamic_query_tokens(%q: tensor<?x?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the query tokens of 'query' to be static, from 1 to 8, but got ?}}
  %0 = adamas.l1_distance %q, %k : tensor<?x?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @nq_1_dynamic_query_heads(%q: tensor<?x?x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the head count of 'query' to be static and positive, but got ?}}
  %0 = adamas.l1_distance %q, %k : tensor<?x?x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_1_dynamic_key_heads(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x?x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the head count of 'key' to be static and positive, but got ?}}
  %0 = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x?x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_1_no_key_heads(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x0x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the head count of 'key' to be static and positive, but got 0}}
  %0 = adamas.l1_distance %q, %k policy per_kv_head : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x0x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_1_batch_of_another_size(%q: tensor<2x9x!adamas.codes<64, 2>>, %k: tensor<3x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the batch of 'key' to be 1 or that of the query, 2, but got 3}}
  %0 = adamas.l1_distance %q, %k : tensor<2x9x!adamas.codes<64, 2>>, tensor<3x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @query_of_rank_1(%q: tensor<9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects a query of rank 2 or 3 and a 'key' of rank 3, [batch, heads, tokens], but got ranks 1 and 3}}
  %0 = adamas.l1_distance %q, %k : tensor<9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @key_of_rank_2(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<3x8x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects a query of rank 2 or 3 and a 'key' of rank 3, [batch, heads, tokens], but got ranks 2 and 2}}
  %0 = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<3x8x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_1_key_of_rank_2_with_candidates(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<3x8x!adamas.codes<64, 2>>, %c: tensor<?x9x16xi32>) {
  // expected-error @below {{expects 'key' to have rank 3, [batch, heads, tokens], but got rank 2}}
  %0 = adamas.l1_distance %q, %k candidates(%c : tensor<?x9x16xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<3x8x!adamas.codes<64, 2>>
  return
}

// -----

func.func @query_of_rank_1_with_candidates(%q: tensor<9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: tensor<?x9x16xi32>) {
  // expected-error @below {{expects 'query' to have rank 2 or, with query tokens, 3, but got rank 1}}
  %0 = adamas.l1_distance %q, %k candidates(%c : tensor<?x9x16xi32>) : tensor<9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @lengths_of_another_batch(%q: tensor<2x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<3xi32>) {
  // expected-error @below {{expects 'seq_lens' to have one length a sequence, 2, but got 3}}
  %0 = adamas.l1_distance %q, %k seq_lens(%n : tensor<3xi32>) : tensor<2x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @lengths_of_rank_2(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?x1xi32>) {
  // expected-error @below {{operand #2 must be 1D tensor of 32-bit signless integer values, but got 'tensor<?x1xi32>'}}
  %0 = adamas.l1_distance %q, %k seq_lens(%n : tensor<?x1xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @candidates_are_not_a_tensor(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: i32) {
  // expected-error @below {{expects 'candidates' to be a tensor of some rank, but got 'i32'}}
  %0 = adamas.l1_distance %q, %k candidates(%c : i32) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @candidates_are_i64(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: tensor<?x9x16xi64>) {
  // expected-error @below {{operand #2 must be ranked tensor of 32-bit signless integer values, but got 'tensor<?x9x16xi64>'}}
  %0 = adamas.l1_distance %q, %k candidates(%c : tensor<?x9x16xi64>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @query_is_not_codes(%q: tensor<?x9xi32>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{operand #0 must be ranked tensor of the code vector of one token and head values, but got 'tensor<?x9xi32>'}}
  %0 = adamas.l1_distance %q, %k : tensor<?x9xi32>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @segments_do_not_add_up(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{operand count (2) does not match with the total size (3) specified in attribute 'operandSegmentSizes'}}
  %0 = "adamas.l1_distance"(%q, %k) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> : (tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>) -> tensor<?x9x?xi32>
  return
}
