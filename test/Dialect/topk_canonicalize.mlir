// Canonical forms of adamas.topk: a bound that the op behind the distances states too is dropped (sel-6).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @sel_6_bound_of_l1_distance(
func.func @sel_6_bound_of_l1_distance(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) -> (tensor<?x9x16xi32>, tensor<?x9xi32>) {
  %d = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.topk %{{[a-z0-9]+}} budget 16 sink 4 : tensor<?x9x?xi32>
  %i, %m = adamas.topk %d budget 16 sink 4 bound 192 : tensor<?x9x?xi32>
  return %i, %m : tensor<?x9x16xi32>, tensor<?x9xi32>
}

// CHECK-LABEL: func.func @sel_6_larger_bound_than_that_of_weighted_distance(
func.func @sel_6_larger_bound_than_that_of_weighted_distance(%w: tensor<?x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) -> (tensor<?x9x16xi32>, tensor<?x9xi32>) {
  %d = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.topk %{{[a-z0-9]+}} budget 16 : tensor<?x9x?xi32>
  %i, %m = adamas.topk %d budget 16 bound 2147483646 : tensor<?x9x?xi32>
  return %i, %m : tensor<?x9x16xi32>, tensor<?x9xi32>
}

// CHECK-LABEL: func.func @no_change_for_distances_of_unknown_origin(
func.func @no_change_for_distances_of_unknown_origin(%d: tensor<?x9x?xi32>) -> (tensor<?x9x16xi32>, tensor<?x9xi32>) {
  // CHECK: adamas.topk %{{[a-z0-9]+}} budget 16 bound 192 : tensor<?x9x?xi32>
  %i, %m = adamas.topk %d budget 16 bound 192 : tensor<?x9x?xi32>
  return %i, %m : tensor<?x9x16xi32>, tensor<?x9xi32>
}

// Neither the budget nor a static length makes a selection a list of all tokens: lengths are known on the device only.
// CHECK-LABEL: func.func @no_fold_for_fewer_tokens_than_the_budget(
func.func @no_fold_for_fewer_tokens_than_the_budget(%d: tensor<1x9x8xi32>) -> (tensor<1x9x16xi32>, tensor<1x9xi32>) {
  // CHECK: adamas.topk %{{[a-z0-9]+}} budget 16 bound 192 : tensor<1x9x8xi32>
  %i, %m = adamas.topk %d budget 16 bound 192 : tensor<1x9x8xi32>
  return %i, %m : tensor<1x9x16xi32>, tensor<1x9xi32>
}
