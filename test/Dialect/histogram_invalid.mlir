// What adamas.histogram refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @sel_6_no_bin(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{'adamas.histogram' op expects 'bins' to be from 1 to 2147483647, but got 0}}
  %0 = adamas.histogram %d bins 0 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_negative_bins(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'bins' to be from 1 to 2147483647, but got -193}}
  %0 = adamas.histogram %d bins -193 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_bins_exceed_i32(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'bins' to be from 1 to 2147483647, but got 2147483648}}
  %0 = adamas.histogram %d bins 2147483648 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_one_boundary(%d: tensor<?x9x?xi32>, %p: tensor<1xi32>) {
  // expected-error @below {{expects 'parts' to hold a static number of boundaries, 2 or more, but got 1}}
  %0 = adamas.histogram %d parts(%p : tensor<1xi32>) bins 193 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_no_boundary(%d: tensor<?x9x?xi32>, %p: tensor<0xi32>) {
  // expected-error @below {{expects 'parts' to hold a static number of boundaries, 2 or more, but got 0}}
  %0 = adamas.histogram %d parts(%p : tensor<0xi32>) bins 193 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_dynamic_boundaries(%d: tensor<?x9x?xi32>, %p: tensor<?xi32>) {
  // expected-error @below {{expects 'parts' to hold a static number of boundaries, 2 or more, but got ?}}
  %0 = adamas.histogram %d parts(%p : tensor<?xi32>) bins 193 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_boundaries_of_rank_2(%d: tensor<?x9x?xi32>, %p: tensor<1x4xi32>) {
  // expected-error @below {{expects 'parts' to be a tensor of rank 1, but got 'tensor<1x4xi32>'}}
  %0 = adamas.histogram %d parts(%p : tensor<1x4xi32>) bins 193 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_1_sink_is_negative(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'sink' to be at least 0, but got -1}}
  %0 = adamas.histogram %d bins 193 sink -1 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_1_recent_is_0(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'recent' to be at least 1, but got 0}}
  %0 = adamas.histogram %d bins 193 recent 0 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_1_forced_tokens_exceed_i32(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'sink' + 'recent' to be at most 2147483647, but got 2147483647 + 1}}
  %0 = adamas.histogram %d bins 193 sink 2147483647 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_1_forced_tokens_overflow(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{to be at most 2147483647, but got 9223372036854775807 + 9223372036854775807}}
  %0 = adamas.histogram %d bins 193 sink 9223372036854775807 recent 9223372036854775807 : tensor<?x9x?xi32>
  return
}

// -----

func.func @ref_2_candidates_of_another_shape(%d: tensor<?x9x64xi32>, %n: tensor<?xi32>, %c: tensor<?x3x64xi32>) {
  // expected-error @below {{expects 'candidates' to have the shape of 'distances', ?x9x64, but got ?x3x64}}
  %0 = adamas.histogram %d seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x3x64xi32>) bins 193 : tensor<?x9x64xi32>
  return
}

// -----

func.func @ref_2_candidates_without_lengths(%d: tensor<?x9x64xi32>, %c: tensor<?x9x64xi32>) {
  // expected-error @below {{expects 'seq_lens' where 'candidates' are given, but got none}}
  %0 = adamas.histogram %d candidates(%c : tensor<?x9x64xi32>) bins 193 : tensor<?x9x64xi32>
  return
}

// -----

func.func @nq_1_9_query_tokens(%d: tensor<?x9x9x?xi32>) {
  // expected-error @below {{expects the query tokens of 'distances' to be static, from 1 to 8, but got 9}}
  %0 = adamas.histogram %d bins 193 : tensor<?x9x9x?xi32>
  return
}

// -----

func.func @nq_1_no_selection(%d: tensor<?x0x?xi32>) {
  // expected-error @below {{expects the head count of 'distances' to be static and positive, but got 0}}
  %0 = adamas.histogram %d bins 193 : tensor<?x0x?xi32>
  return
}

// -----

func.func @distances_of_rank_5(%d: tensor<1x1x1x1x1xi32>) {
  // expected-error @below {{expects 'distances' to have rank 3 or, with query tokens, 4, but got rank 5}}
  %0 = adamas.histogram %d bins 193 : tensor<1x1x1x1x1xi32>
  return
}

// -----

func.func @lengths_of_another_batch(%d: tensor<2x9x?xi32>, %n: tensor<3xi32>) {
  // expected-error @below {{expects 'seq_lens' to have one length a sequence, 2, but got 3}}
  %0 = adamas.histogram %d seq_lens(%n : tensor<3xi32>) bins 193 : tensor<2x9x?xi32>
  return
}
