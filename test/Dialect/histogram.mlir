// Round trip of adamas.histogram: bins, forced tokens, parts, candidates, query tokens, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @sel_6_bins_1_to_largest(
func.func @sel_6_bins_1_to_largest(%d: tensor<?x9x?xi32>) -> (tensor<?x9x1x1xi32>, tensor<?x9x1x2147483647xi32>) {
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} bins 1 : tensor<?x9x?xi32>
  %0 = adamas.histogram %d bins 1 : tensor<?x9x?xi32>
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} bins 2147483647 : tensor<?x9x?xi32>
  %1 = adamas.histogram %d bins 2147483647 : tensor<?x9x?xi32>
  return %0, %1 : tensor<?x9x1x1xi32>, tensor<?x9x1x2147483647xi32>
}

// CHECK-LABEL: func.func @sel_1_sink_and_recent(
func.func @sel_1_sink_and_recent(%d: tensor<2x9x64xi32>, %n: tensor<2xi32>) -> tensor<2x9x1x193xi32> {
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<2xi32>) bins 193 sink 4 recent 16 : tensor<2x9x64xi32>
  %0 = adamas.histogram %d seq_lens(%n : tensor<2xi32>) bins 193 sink 4 recent 16 : tensor<2x9x64xi32>
  return %0 : tensor<2x9x1x193xi32>
}

// CHECK-LABEL: func.func @sel_1_largest_sink_and_recent(
func.func @sel_1_largest_sink_and_recent(%d: tensor<2x9x64xi32>) {
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} bins 193 sink 2147483646 : tensor<2x9x64xi32>
  %0 = adamas.histogram %d bins 193 sink 2147483646 : tensor<2x9x64xi32>
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} bins 193 recent 2147483647 : tensor<2x9x64xi32>
  %1 = adamas.histogram %d bins 193 recent 2147483647 : tensor<2x9x64xi32>
  return
}

// CHECK-LABEL: func.func @sel_6_parts(
func.func @sel_6_parts(%d: tensor<?x9x?xi32>, %one: tensor<2xi32>, %three: tensor<4xi32>) -> (tensor<?x9x1x193xi32>, tensor<?x9x3x193xi32>) {
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} parts(%{{[a-z0-9#]+}} : tensor<2xi32>) bins 193 : tensor<?x9x?xi32>
  %0 = adamas.histogram %d parts(%one : tensor<2xi32>) bins 193 : tensor<?x9x?xi32>
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} parts(%{{[a-z0-9#]+}} : tensor<4xi32>) bins 193 in global : tensor<?x9x?xi32>
  %1 = adamas.histogram %d parts(%three : tensor<4xi32>) bins 193 in global : tensor<?x9x?xi32>
  return %0, %1 : tensor<?x9x1x193xi32>, tensor<?x9x3x193xi32>
}

// CHECK-LABEL: func.func @ref_2_candidates(
func.func @ref_2_candidates(%d: tensor<?x9x1024xi32>, %n: tensor<?xi32>, %c: tensor<?x9x1024xi32>) -> tensor<?x9x1x193xi32> {
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) candidates(%{{[a-z0-9#]+}} : tensor<?x9x1024xi32>) bins 193 sink 4 : tensor<?x9x1024xi32>
  %0 = adamas.histogram %d seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x1024xi32>) bins 193 sink 4 : tensor<?x9x1024xi32>
  return %0 : tensor<?x9x1x193xi32>
}

// CHECK-LABEL: func.func @ref_2_parts_of_candidates(
func.func @ref_2_parts_of_candidates(%d: tensor<?x9x1024xi32>, %n: tensor<?xi32>, %p: tensor<4xi32>, %c: tensor<?x9x1024xi32>) -> tensor<?x9x3x193xi32> {
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) parts(%{{[a-z0-9#]+}} : tensor<4xi32>) candidates(%{{[a-z0-9#]+}} : tensor<?x9x1024xi32>) bins 193 in cluster : tensor<?x9x1024xi32>
  %0 = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<4xi32>) candidates(%c : tensor<?x9x1024xi32>) bins 193 in cluster : tensor<?x9x1024xi32>
  return %0 : tensor<?x9x3x193xi32>
}

// CHECK-LABEL: func.func @nq_1_query_tokens_are_1_to_8(
func.func @nq_1_query_tokens_are_1_to_8(%one: tensor<?x1x9x?xi32>, %eight: tensor<?x8x9x?xi32>) -> (tensor<?x1x9x1x193xi32>, tensor<?x8x9x1x193xi32>) {
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} bins 193 : tensor<?x1x9x?xi32>
  %0 = adamas.histogram %one bins 193 : tensor<?x1x9x?xi32>
  // CHECK: adamas.histogram %{{[a-z0-9#]+}} bins 193 in shared : tensor<?x8x9x?xi32>
  %1 = adamas.histogram %eight bins 193 in shared : tensor<?x8x9x?xi32>
  return %0, %1 : tensor<?x1x9x1x193xi32>, tensor<?x8x9x1x193xi32>
}
