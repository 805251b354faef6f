// Top-k among candidates keeps its list and its lengths in every stage (ref-2).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-topk | FileCheck %s

// CHECK-LABEL: func.func @candidates(
// CHECK-SAME: %[[E:[a-z0-9]+]]: tensor<?x9x1024xi32>, %[[N:[a-z0-9]+]]: tensor<?xi32>, %[[C:[a-z0-9]+]]: tensor<?x9x1024xi32>)
func.func @candidates(%e: tensor<?x9x1024xi32>, %n: tensor<?xi32>, %c: tensor<?x9x1024xi32>) -> (tensor<?x9x128xi32>, tensor<?x9xi32>) {
  // CHECK: %[[H:.*]] = adamas.histogram %[[E]] seq_lens(%[[N]] : tensor<?xi32>) candidates(%[[C]] : tensor<?x9x1024xi32>) bins 961 sink 4
  // CHECK: %[[T:.*]], %[[SKIP:.*]] = adamas.threshold %[[H]] need 123
  // CHECK: adamas.compact %[[E]], %[[T]], %[[SKIP]] seq_lens(%[[N]] : tensor<?xi32>) candidates(%[[C]] : tensor<?x9x1024xi32>) budget 128 sink 4
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x1024xi32>) budget 128 sink 4 bound 960 : tensor<?x9x1024xi32>
  return %i, %m : tensor<?x9x128xi32>, tensor<?x9xi32>
}

// The list of the first selection is what its join gives.
// CHECK-LABEL: func.func @two_passes(
func.func @two_passes(%w: tensor<?x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 4>>, %n: tensor<?xi32>) -> tensor<?x9x16xi32> {
  // CHECK: %[[J:.*]], %{{.*}} = adamas.join
  // CHECK: %[[E:.*]] = adamas.weighted_distance %{{.*}} candidates(%[[J]] : tensor<?x9x128xi32>)
  // CHECK: adamas.histogram %[[E]] seq_lens(%{{[a-z0-9]+}} : tensor<?xi32>) candidates(%[[J]] : tensor<?x9x128xi32>) bins 122881
  // CHECK-NOT: adamas.topk
  %d = adamas.weighted_distance %w, %k seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %c, %l = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x9x?xi32>
  %e = adamas.weighted_distance %w, %k seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x128xi32>) : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x128xi32>) budget 16 : tensor<?x9x128xi32>
  return %i : tensor<?x9x16xi32>
}
