// What adamas.compact refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @sel_1_sink_is_negative(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>) {
  // expected-error @below {{'adamas.compact' op expects 'sink' to be at least 0, but got -1}}
  %i, %m = adamas.compact %d, %t, %s budget 8 sink -1 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}

// -----

func.func @sel_1_recent_is_0(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>) {
  // expected-error @below {{expects 'recent' to be at least 1, but got 0}}
  %i, %m = adamas.compact %d, %t, %s budget 8 recent 0 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}

// -----

func.func @sel_3_sink_and_recent_exceed_budget(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>) {
  // expected-error @below {{expects 'sink' + 'recent' to be at most 'budget' 8, but got 8 + 1}}
  %i, %m = adamas.compact %d, %t, %s budget 8 sink 8 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}

// -----

func.func @sel_3_budget_is_0(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>) {
  // expected-error @below {{expects 'budget' to be from 1 to 2147483647, but got 0}}
  %i, %m = adamas.compact %d, %t, %s budget 0 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}

// -----

func.func @sel_3_budget_exceeds_i32(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>) {
  // expected-error @below {{expects 'budget' to be from 1 to 2147483647, but got 2147483648}}
  %i, %m = adamas.compact %d, %t, %s budget 2147483648 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}

// -----

func.func @sel_6_threshold_of_another_shape(%d: tensor<?x9x?xi32>, %t: tensor<?x3xi32>, %s: tensor<?x9x1xi32>) {
  // expected-error @below {{expects 'threshold' to have one entry a row of 'distances', ?x9, but got ?x3}}
  %i, %m = adamas.compact %d, %t, %s budget 8 : tensor<?x9x?xi32>, tensor<?x3xi32>, tensor<?x9x1xi32>
  return
}

// -----

func.func @sel_6_skip_of_2_parts(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x2xi32>) {
  // expected-error @below {{expects 'skip' to have one entry a row and part, ?x9x1, but got ?x9x2}}
  %i, %m = adamas.compact %d, %t, %s budget 8 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x2xi32>
  return
}

// -----

func.func @sel_6_skip_of_1_part(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>, %p: tensor<3xi32>) {
  // expected-error @below {{expects 'skip' to have one entry a row and part, ?x9x2, but got ?x9x1}}
  %i, %m = adamas.compact %d, %t, %s parts(%p : tensor<3xi32>) budget 8 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}

// -----

func.func @sel_6_skip_of_another_rank(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9xi32>) {
  // expected-error @below {{expects 'skip' to have one entry a row and part, ?x9x1, but got ?x9}}
  %i, %m = adamas.compact %d, %t, %s budget 8 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @sel_6_one_boundary(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>, %p: tensor<1xi32>) {
  // expected-error @below {{expects 'parts' to hold a static number of boundaries, 2 or more, but got 1}}
  %i, %m = adamas.compact %d, %t, %s parts(%p : tensor<1xi32>) budget 8 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}

// -----

func.func @sel_6_boundaries_are_no_tensor(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>, %p: i32) {
  // expected-error @below {{expects 'parts' to be a tensor of rank 1, but got 'i32'}}
  %i, %m = adamas.compact %d, %t, %s parts(%p : i32) budget 8 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}

// -----

func.func @ref_2_candidates_without_lengths(%d: tensor<?x9x64xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>, %c: tensor<?x9x64xi32>) {
  // expected-error @below {{expects 'seq_lens' where 'candidates' are given, but got none}}
  %i, %m = adamas.compact %d, %t, %s candidates(%c : tensor<?x9x64xi32>) budget 8 : tensor<?x9x64xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}

// -----

func.func @nq_1_9_query_tokens(%d: tensor<?x9x9x?xi32>, %t: tensor<?x9x9xi32>, %s: tensor<?x9x9x1xi32>) {
  // expected-error @below {{expects the query tokens of 'distances' to be static, from 1 to 8, but got 9}}
  %i, %m = adamas.compact %d, %t, %s budget 8 : tensor<?x9x9x?xi32>, tensor<?x9x9xi32>, tensor<?x9x9x1xi32>
  return
}

// -----

func.func @distances_of_rank_2(%d: tensor<?x9xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>) {
  // expected-error @below {{expects 'distances' to have rank 3 or, with query tokens, 4, but got rank 2}}
  %i, %m = adamas.compact %d, %t, %s budget 8 : tensor<?x9xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}
