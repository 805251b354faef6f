// Top-k over all tokens becomes histogram, threshold, compact and join over one part, for every metric.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-topk | FileCheck %s

// CHECK-LABEL: func.func @l1(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: {{.*}}, %[[K:[a-z0-9]+]]: {{.*}}, %[[N:[a-z0-9]+]]: tensor<?xi32>)
func.func @l1(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> (tensor<?x9x128xi32>, tensor<?x9xi32>) {
  // CHECK: %[[D:.*]] = adamas.l1_distance %[[Q]], %[[K]] seq_lens(%[[N]] : tensor<?xi32>)
  // CHECK-NEXT: %[[H:.*]] = adamas.histogram %[[D]] seq_lens(%[[N]] : tensor<?xi32>) bins 193 sink 4 recent 2 : tensor<?x9x?xi32>
  // CHECK-NEXT: %[[T:.*]], %[[SKIP:.*]] = adamas.threshold %[[H]] need 122 : tensor<?x9x1x193xi32>
  // CHECK-NEXT: %[[I:.*]], %[[M:.*]] = adamas.compact %[[D]], %[[T]], %[[SKIP]] seq_lens(%[[N]] : tensor<?xi32>) budget 128 sink 4 recent 2 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  // CHECK-NEXT: %[[J:.*]], %[[L:.*]] = adamas.join %[[I]], %[[M]] : tensor<?x9x1x128xi32>, tensor<?x9x1xi32>
  // CHECK-NEXT: return %[[J]], %[[L]]
  %d = adamas.l1_distance %q, %k seq_lens(%n : tensor<?xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 sink 4 recent 2 : tensor<?x9x?xi32>
  return %i, %m : tensor<?x9x128xi32>, tensor<?x9xi32>
}

// G m D + 1 bins, G = 3.
// CHECK-LABEL: func.func @l1_per_kv_head(
func.func @l1_per_kv_head(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) -> tensor<?x3x16xi32> {
  // CHECK: adamas.histogram %{{[a-z0-9]+}} bins 577 : tensor<?x3x?xi32>
  // CHECK: adamas.threshold %{{[a-z0-9]+}} need 15 : tensor<?x3x1x577xi32>
  %d = adamas.l1_distance %q, %k policy per_kv_head : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d budget 16 : tensor<?x3x?xi32>
  return %i : tensor<?x3x16xi32>
}

// m min(C D, W + D / 2 + 1) + 1 bins, and with one plane m = 1 (pak-4).
// CHECK-LABEL: func.func @weighted(
func.func @weighted(%y: tensor<?x9x64xf32>, %k: tensor<?x3x?x!adamas.codes<64, 4>>) -> (tensor<?x9x16xi32>, tensor<?x9x16xi32>) {
  // CHECK: adamas.histogram %{{[a-z0-9]+}} bins 2416
  // CHECK: adamas.histogram %{{[a-z0-9]+}} bins 162
  %w = adamas.weigh %y : tensor<?x9x64xf32>
  %d = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %0, %1 = adamas.topk %d budget 16 : tensor<?x9x?xi32>
  %e = adamas.weighted_distance %w, %k planes 1 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %2, %3 = adamas.topk %e budget 16 : tensor<?x9x?xi32>
  return %0, %2 : tensor<?x9x16xi32>, tensor<?x9x16xi32>
}

// CHECK-LABEL: func.func @bound_that_is_given(
func.func @bound_that_is_given(%d: tensor<2x4x9x64xi32>) -> (tensor<2x4x9x1xi32>, tensor<2x4x9xi32>) {
  // CHECK: adamas.histogram %{{[a-z0-9]+}} bins 1 : tensor<2x4x9x64xi32>
  // CHECK: adamas.threshold %{{[a-z0-9]+}} need 0 : tensor<2x4x9x1x1xi32>
  // CHECK: adamas.compact %{{.*}} budget 1 : tensor<2x4x9x64xi32>, tensor<2x4x9xi32>, tensor<2x4x9x1xi32>
  // CHECK: adamas.join %{{.*}} : tensor<2x4x9x1x1xi32>, tensor<2x4x9x1xi32>
  %i, %m = adamas.topk %d budget 1 bound 0 : tensor<2x4x9x64xi32>
  return %i, %m : tensor<2x4x9x1xi32>, tensor<2x4x9xi32>
}

// What the op behind the distances states counts, not a looser bound.
// CHECK-LABEL: func.func @bound_that_is_loose(
func.func @bound_that_is_loose(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) -> tensor<?x9x16xi32> {
  // CHECK: adamas.histogram %{{[a-z0-9]+}} bins 193
  %d = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d budget 16 bound 1000 : tensor<?x9x?xi32>
  return %i : tensor<?x9x16xi32>
}
