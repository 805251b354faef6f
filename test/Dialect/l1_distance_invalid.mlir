// What adamas.l1_distance refuses of its codes, heads, planes and candidates.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @dst_1_other_bits(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 4>>) {
  // expected-error @below {{'adamas.l1_distance' op expects 'query' and 'key' to have the same dimension and bits, but got '!adamas.codes<64, 2>' and '!adamas.codes<64, 4>'}}
  %0 = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 4>>
  return
}

// -----

func.func @dst_1_other_dimension(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<128, 2>>) {
  // expected-error @below {{expects 'query' and 'key' to have the same dimension and bits, but got '!adamas.codes<64, 2>' and '!adamas.codes<128, 2>'}}
  %0 = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<128, 2>>
  return
}

// -----

func.func @dst_2_9_heads_on_2(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x2x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the head count of 'query' to be a multiple of that of 'key', but got 9 and 2}}
  %0 = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @dst_2_fewer_query_heads(%q: tensor<?x2x!adamas.codes<64, 2>>, %k: tensor<?x4x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects the head count of 'query' to be a multiple of that of 'key', but got 2 and 4}}
  %0 = adamas.l1_distance %q, %k : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x4x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @pak_4_planes_exceed_bits(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'planes' to be from 1 to the bits of the codes, 2, but got 3}}
  %0 = adamas.l1_distance %q, %k planes 3 : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @pak_4_planes_are_0(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'planes' to be from 1 to the bits of the codes, 2, but got 0}}
  %0 = adamas.l1_distance %q, %k planes 0 : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @pak_4_planes_are_negative(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'planes' to be from 1 to the bits of the codes, 2, but got -1}}
  %0 = adamas.l1_distance %q, %k planes -1 : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @ref_1_candidates_of_other_heads(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: tensor<?x3x16xi32>) {
  // expected-error @below {{expects 'candidates' to be one list a selection, ?x9xK, but got ?x3x16}}
  %0 = adamas.l1_distance %q, %k candidates(%c : tensor<?x3x16xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @ref_1_candidates_per_query_head_for_kv_heads(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: tensor<?x9x16xi32>) {
  // expected-error @below {{expects 'candidates' to be one list a selection, ?x3xK, but got ?x9x16}}
  %0 = adamas.l1_distance %q, %k candidates(%c : tensor<?x9x16xi32>) policy per_kv_head : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @ref_1_candidates_with_query_tokens_of_their_own(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: tensor<?x1x9x16xi32>) {
  // expected-error @below {{expects 'candidates' to be one list a selection, ?x9xK, but got ?x1x9x16}}
  %0 = adamas.l1_distance %q, %k candidates(%c : tensor<?x1x9x16xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @ref_1_candidates_of_rank_0(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %c: tensor<i32>) {
  // expected-error @below {{expects 'candidates' to be one list a selection, ?x9xK, but got }}
  %0 = adamas.l1_distance %q, %k candidates(%c : tensor<i32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @sel_4_policy_is_unknown(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expected ::mlir::adamas::Policy to be one of: per_query_head, per_kv_head}}
  // expected-error @below {{failed to parse Adamas_PolicyAttr parameter}}
  %0 = adamas.l1_distance %q, %k policy per_token : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @sel_6_group_is_too_large(%q: tensor<1x139811x!adamas.codes<1024, 4>>, %k: tensor<1x1x8x!adamas.codes<1024, 4>>) {
  // expected-error @below {{expects distances of at most 2147483646, but a group of 139811 heads may reach more}}
  %0 = adamas.l1_distance %q, %k policy per_kv_head : tensor<1x139811x!adamas.codes<1024, 4>>, tensor<1x1x8x!adamas.codes<1024, 4>>
  return
}

// -----

func.func @sel_6_group_is_huge(%q: tensor<1x9223372036854775807x!adamas.codes<1024, 4>>, %k: tensor<1x1x8x!adamas.codes<1024, 4>>) {
  // expected-error @below {{expects distances of at most 2147483646, but a group of 9223372036854775807 heads may reach more}}
  %0 = adamas.l1_distance %q, %k policy per_kv_head : tensor<1x9223372036854775807x!adamas.codes<1024, 4>>, tensor<1x1x8x!adamas.codes<1024, 4>>
  return
}
