// What adamas.weighted_distance refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @wgt_3_weights_of_another_dimension(%w: tensor<?x9x128xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{'adamas.weighted_distance' op expects the last dimension of 'weights' to be 64 as in 'key', but got 128}}
  %0 = adamas.weighted_distance %w, %k : tensor<?x9x128xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @wgt_3_weights_of_dynamic_dimension(%w: tensor<?x9x?xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the last dimension of 'weights' to be 64 as in 'key', but got ?}}
  %0 = adamas.weighted_distance %w, %k : tensor<?x9x?xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @wgt_3_weights_of_rank_0(%w: tensor<i8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: tensor<?x9x16xi32>) {
  // expected-error @below {{expects the last dimension of 'weights' to be 64 as in 'key', but got }}
  %0 = adamas.weighted_distance %w, %k candidates(%c : tensor<?x9x16xi32>) : tensor<i8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @dst_2_9_heads_on_2(%w: tensor<?x9x64xi8>, %k: tensor<?x2x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the head count of 'weights' to be a multiple of that of 'key', but got 9 and 2}}
  %0 = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x2x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @pak_4_planes_exceed_bits(%w: tensor<?x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'planes' to be from 1 to the bits of the codes, 2, but got 3}}
  %0 = adamas.weighted_distance %w, %k planes 3 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @pak_4_planes_are_0(%w: tensor<?x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'planes' to be from 1 to the bits of the codes, 2, but got 0}}
  %0 = adamas.weighted_distance %w, %k planes 0 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @ref_1_candidates_of_other_heads(%w: tensor<?x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: tensor<?x3x16xi32>) {
  // expected-error @below {{expects 'candidates' to be one list a selection, ?x9xK, but got ?x3x16}}
  %0 = adamas.weighted_distance %w, %k candidates(%c : tensor<?x3x16xi32>) : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @ref_1_candidates_of_another_batch(%w: tensor<2x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: tensor<3x9x16xi32>) {
  // expected-error @below {{expects 'candidates' to be one list a selection, 2x9xK, but got 3x9x16}}
  %0 = adamas.weighted_distance %w, %k candidates(%c : tensor<3x9x16xi32>) : tensor<2x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @candidates_are_unranked(%w: tensor<?x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: tensor<*xi32>) {
  // expected-error @below {{expects 'candidates' to be a tensor of some rank, but got 'tensor<*xi32>'}}
  %0 = adamas.weighted_distance %w, %k candidates(%c : tensor<*xi32>) : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @nq_1_9_query_tokens(%w: tensor<?x9x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the query tokens of 'weights' to be static, from 1 to 8, but got 9}}
  %0 = adamas.weighted_distance %w, %k : tensor<?x9x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @nq_1_no_heads(%w: tensor<?x0x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the head count of 'weights' to be static and positive, but got 0}}
  %0 = adamas.weighted_distance %w, %k : tensor<?x0x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_1_batch_of_another_size(%w: tensor<2x9x64xi8>, %k: tensor<3x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the batch of 'key' to be 1 or that of the query, 2, but got 3}}
  %0 = adamas.weighted_distance %w, %k : tensor<2x9x64xi8>, tensor<3x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_1_no_key_heads(%w: tensor<?x9x64xi8>, %k: tensor<?x0x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the head count of 'key' to be static and positive, but got 0}}
  %0 = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x0x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @weights_of_rank_2(%w: tensor<9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects a query of rank 3 or 4 and a 'key' of rank 3, [batch, heads, tokens], but got ranks 2 and 3}}
  %0 = adamas.weighted_distance %w, %k : tensor<9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @lengths_of_another_batch(%w: tensor<2x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<3xi32>) {
  // expected-error @below {{expects 'seq_lens' to have one length a sequence, 2, but got 3}}
  %0 = adamas.weighted_distance %w, %k seq_lens(%n : tensor<3xi32>) : tensor<2x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @weights_are_i32(%w: tensor<?x9x64xi32>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{operand #0 must be ranked tensor of 8-bit signless integer values, but got 'tensor<?x9x64xi32>'}}
  %0 = adamas.weighted_distance %w, %k : tensor<?x9x64xi32>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @key_is_not_codes(%w: tensor<?x9x64xi8>, %k: tensor<?x3x?xi32>) {
  // expected-error @below {{operand #1 must be ranked tensor of the code vector of one token and head values, but got 'tensor<?x3x?xi32>'}}
  %0 = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x3x?xi32>
  return
}
