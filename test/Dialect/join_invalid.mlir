// What adamas.join refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @sel_5_lengths_of_other_parts(%i: tensor<?x9x3x128xi32>, %m: tensor<?x9x2xi32>) {
  // expected-error @below {{'adamas.join' op expects 'lengths' to have the shape of 'indices' without its last axis, ?x9x3, but got ?x9x2}}
  %0, %1 = adamas.join %i, %m : tensor<?x9x3x128xi32>, tensor<?x9x2xi32>
  return
}

// -----

func.func @sel_5_lengths_of_another_rank(%i: tensor<?x9x3x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'lengths' to have the shape of 'indices' without its last axis, ?x9x3, but got ?x9}}
  %0, %1 = adamas.join %i, %m : tensor<?x9x3x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @sel_5_indices_of_rank_3(%i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'indices' to have rank 4 or, with query tokens, 5, but got rank 3}}
  %0, %1 = adamas.join %i, %m : tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @sel_5_indices_of_rank_0(%i: tensor<i32>, %m: tensor<i32>) {
  // expected-error @below {{expects 'indices' to have rank 4 or, with query tokens, 5, but got rank 0}}
  %0, %1 = adamas.join %i, %m : tensor<i32>, tensor<i32>
  return
}

// -----

func.func @sel_6_dynamic_parts(%i: tensor<?x9x?x128xi32>, %m: tensor<?x9x?xi32>) {
  // expected-error @below {{expects the parts of 'indices' to be static and positive, but got ?}}
  %0, %1 = adamas.join %i, %m : tensor<?x9x?x128xi32>, tensor<?x9x?xi32>
  return
}

// -----

func.func @nq_1_dynamic_query_tokens(%i: tensor<?x?x9x1x128xi32>, %m: tensor<?x?x9x1xi32>) {
  // expected-error @below {{expects the query tokens of 'indices' to be static, from 1 to 8, but got ?}}
  %0, %1 = adamas.join %i, %m : tensor<?x?x9x1x128xi32>, tensor<?x?x9x1xi32>
  return
}

// -----

func.func @indices_are_f32(%i: tensor<?x9x3x128xf32>, %m: tensor<?x9x3xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of 32-bit signless integer values, but got 'tensor<?x9x3x128xf32>'}}
  %0, %1 = adamas.join %i, %m : tensor<?x9x3x128xf32>, tensor<?x9x3xi32>
  return
}
