// What adamas.topk refuses of its budget, forced tokens, candidates and shape.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @sel_1_sink_is_negative(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{'adamas.topk' op expects 'sink' to be at least 0, but got -1}}
  %i, %m = adamas.topk %d budget 8 sink -1 bound 192 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_1_recent_is_0(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'recent' to be at least 1, but got 0}}
  %i, %m = adamas.topk %d budget 8 recent 0 bound 192 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_1_recent_is_negative(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'recent' to be at least 1, but got -9223372036854775808}}
  %i, %m = adamas.topk %d budget 8 recent -9223372036854775808 bound 192 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_3_sink_and_recent_exceed_budget(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'sink' + 'recent' to be at most 'budget' 4, but got 4 + 1}}
  %i, %m = adamas.topk %d budget 4 sink 4 recent 1 bound 192 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_3_sink_and_recent_overflow(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{to be at most 'budget' 4, but got 9223372036854775807 + 9223372036854775807}}
  %i, %m = adamas.topk %d budget 4 sink 9223372036854775807 recent 9223372036854775807 bound 192 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_3_budget_is_0(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'budget' to be from 1 to 2147483647, but got 0}}
  %i, %m = adamas.topk %d budget 0 bound 192 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_3_budget_is_negative(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'budget' to be from 1 to 2147483647, but got -1}}
  %i, %m = adamas.topk %d budget -1 bound 192 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_3_budget_exceeds_i32(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'budget' to be from 1 to 2147483647, but got 2147483648}}
  %i, %m = adamas.topk %d budget 2147483648 bound 192 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_3_budget_of_the_generic_form_is_dynamic(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'budget' to be from 1 to 2147483647, but got -9223372036854775808}}
  %i, %m = "adamas.topk"(%d) <{bound = 192 : i64, budget = -9223372036854775808 : i64, operandSegmentSizes = array<i32: 1, 0, 0>}> : (tensor<?x9x?xi32>) -> (tensor<?x9x?xi32>, tensor<?x9xi32>)
  return
}

// -----

func.func @ref_2_candidates_of_another_shape(%d: tensor<?x9x1024xi32>, %n: tensor<?xi32>, %c: tensor<?x9x512xi32>) {
  // expected-error @below {{expects 'candidates' to have the shape of 'distances', ?x9x1024, but got ?x9x512}}
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x512xi32>) budget 8 bound 192 : tensor<?x9x1024xi32>
  return
}

// -----

func.func @ref_2_candidates_without_lengths(%d: tensor<?x9x1024xi32>, %c: tensor<?x9x1024xi32>) {
  // expected-error @below {{expects 'seq_lens' where 'candidates' are given, but got none}}
  %i, %m = adamas.topk %d candidates(%c : tensor<?x9x1024xi32>) budget 8 bound 192 : tensor<?x9x1024xi32>
  return
}

// -----

func.func @nq_1_9_query_tokens(%d: tensor<?x9x9x?xi32>) {
  // expected-error @below {{expects the query tokens of 'distances' to be static, from 1 to 8, but got 9}}
  %i, %m = adamas.topk %d budget 8 bound 192 : tensor<?x9x9x?xi32>
  return
}

// -----

func.func @nq_1_dynamic_selections(%d: tensor<?x?x?xi32>) {
  // expected-error @below {{expects the head count of 'distances' to be static and positive, but got ?}}
  %i, %m = adamas.topk %d budget 8 bound 192 : tensor<?x?x?xi32>
  return
}

// -----

func.func @distances_of_rank_2(%d: tensor<?x9xi32>) {
  // expected-error @below {{expects 'distances' to have rank 3 or, with query tokens, 4, but got rank 2}}
  %i, %m = adamas.topk %d budget 8 bound 192 : tensor<?x9xi32>
  return
}

// -----

func.func @lengths_of_another_batch(%d: tensor<2x9x?xi32>, %n: tensor<3xi32>) {
  // expected-error @below {{expects 'seq_lens' to have one length a sequence, 2, but got 3}}
  %i, %m = adamas.topk %d seq_lens(%n : tensor<3xi32>) budget 8 bound 192 : tensor<2x9x?xi32>
  return
}

// -----

func.func @distances_are_i64(%d: tensor<?x9x?xi64>) {
  // expected-error @below {{operand #0 must be ranked tensor of 32-bit signless integer values, but got 'tensor<?x9x?xi64>'}}
  %i, %m = adamas.topk %d budget 8 bound 192 : tensor<?x9x?xi64>
  return
}

// -----

func.func @no_budget(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{requires attribute 'budget'}}
  %i, %m = "adamas.topk"(%d) <{bound = 192 : i64, operandSegmentSizes = array<i32: 1, 0, 0>}> : (tensor<?x9x?xi32>) -> (tensor<?x9x8xi32>, tensor<?x9xi32>)
  return
}
