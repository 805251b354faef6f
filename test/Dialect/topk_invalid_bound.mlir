// What adamas.topk refuses of its bound, given or taken from the op that makes its distances.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @sel_6_no_bound(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'bound', the largest distance, where 'distances' do not come from a distance op, but got none}}
  %i, %m = adamas.topk %d budget 8 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_bound_is_negative(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'bound' to be from 0 to 2147483646, but got -1}}
  %i, %m = adamas.topk %d budget 8 bound -1 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_bound_leaves_no_bin(%d: tensor<?x9x?xi32>) {
  // expected-error @below {{expects 'bound' to be from 0 to 2147483646, but got 2147483647}}
  %i, %m = adamas.topk %d budget 8 bound 2147483647 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_bound_below_l1_distance(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  %d = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  // expected-error @below {{expects 'bound' to be at least that of the distances, 192, but got 191}}
  %i, %m = adamas.topk %d budget 8 bound 191 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_bound_below_a_group(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  %d = adamas.l1_distance %q, %k policy per_kv_head : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  // expected-error @below {{expects 'bound' to be at least that of the distances, 576, but got 575}}
  %i, %m = adamas.topk %d budget 8 bound 575 : tensor<?x3x?xi32>
  return
}

// -----

func.func @sel_6_bound_below_planes(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  %d = adamas.l1_distance %q, %k planes 1 : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  // expected-error @below {{expects 'bound' to be at least that of the distances, 64, but got 63}}
  %i, %m = adamas.topk %d budget 8 bound 63 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_bound_below_weighted_distance(%y: tensor<?x9x64xf32>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  %w = adamas.weigh %y : tensor<?x9x64xf32>
  %d = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  // expected-error @below {{expects 'bound' to be at least that of the distances, 483, but got 482}}
  %i, %m = adamas.topk %d budget 8 bound 482 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_bound_below_weighted_distance_of_a_small_cap(%y: tensor<?x9x64xf32>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  %w = adamas.weigh %y range 32768 cap 2 : tensor<?x9x64xf32>
  %d = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  // expected-error @below {{expects 'bound' to be at least that of the distances, 384, but got 383}}
  %i, %m = adamas.topk %d budget 8 bound 383 : tensor<?x9x?xi32>
  return
}

// -----

func.func @sel_6_bound_below_weights_of_unknown_origin(%w: tensor<?x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  %d = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  // expected-error @below {{expects 'bound' to be at least that of the distances, 24576, but got 24575}}
  %i, %m = adamas.topk %d budget 8 bound 24575 : tensor<?x9x?xi32>
  return
}
