// Round trip of adamas.compact: budgets, forced tokens, parts, candidates, query tokens, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @sel_1_sel_3_forced_tokens(
func.func @sel_1_sel_3_forced_tokens(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>) -> (tensor<?x9x1x5xi32>, tensor<?x9x1xi32>) {
  // CHECK: adamas.compact %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} budget 5 sink 4 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  %0, %1 = adamas.compact %d, %t, %s budget 5 sink 4 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  // CHECK: adamas.compact %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} budget 16 sink 4 recent 12 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  %2, %3 = adamas.compact %d, %t, %s budget 16 sink 4 recent 12 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return %0, %1 : tensor<?x9x1x5xi32>, tensor<?x9x1xi32>
}

// CHECK-LABEL: func.func @sel_6_parts(
func.func @sel_6_parts(%d: tensor<2x9x64xi32>, %t: tensor<2x9xi32>, %s: tensor<2x9x3xi32>, %n: tensor<2xi32>, %p: tensor<4xi32>) -> (tensor<2x9x3x128xi32>, tensor<2x9x3xi32>) {
  // CHECK: adamas.compact %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<2xi32>) parts(%{{[a-z0-9#]+}} : tensor<4xi32>) budget 128 in global : tensor<2x9x64xi32>, tensor<2x9xi32>, tensor<2x9x3xi32>
  %0, %1 = adamas.compact %d, %t, %s seq_lens(%n : tensor<2xi32>) parts(%p : tensor<4xi32>) budget 128 in global : tensor<2x9x64xi32>, tensor<2x9xi32>, tensor<2x9x3xi32>
  return %0, %1 : tensor<2x9x3x128xi32>, tensor<2x9x3xi32>
}

// CHECK-LABEL: func.func @ref_2_candidates(
func.func @ref_2_candidates(%d: tensor<?x9x1024xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>, %n: tensor<?xi32>, %c: tensor<?x9x1024xi32>) {
  // CHECK: adamas.compact %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) candidates(%{{[a-z0-9#]+}} : tensor<?x9x1024xi32>) budget 128 sink 4 in shared : tensor<?x9x1024xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  %0, %1 = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x1024xi32>) budget 128 sink 4 in shared : tensor<?x9x1024xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return
}

// CHECK-LABEL: func.func @ref_2_parts_of_candidates(
func.func @ref_2_parts_of_candidates(%d: tensor<?x9x1024xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x3xi32>, %n: tensor<?xi32>, %p: tensor<4xi32>, %c: tensor<?x9x1024xi32>) -> (tensor<?x9x3x128xi32>, tensor<?x9x3xi32>) {
  // CHECK: adamas.compact %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) parts(%{{[a-z0-9#]+}} : tensor<4xi32>) candidates(%{{[a-z0-9#]+}} : tensor<?x9x1024xi32>) budget 128 sink 4 : tensor<?x9x1024xi32>, tensor<?x9xi32>, tensor<?x9x3xi32>
  %0, %1 = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) parts(%p : tensor<4xi32>) candidates(%c : tensor<?x9x1024xi32>) budget 128 sink 4 : tensor<?x9x1024xi32>, tensor<?x9xi32>, tensor<?x9x3xi32>
  return %0, %1 : tensor<?x9x3x128xi32>, tensor<?x9x3xi32>
}

// CHECK-LABEL: func.func @nq_1_query_tokens_are_1_to_8(
func.func @nq_1_query_tokens_are_1_to_8(%d: tensor<?x8x9x?xi32>, %t: tensor<?x8x9xi32>, %s: tensor<?x8x9x1xi32>) -> (tensor<?x8x9x1x128xi32>, tensor<?x8x9x1xi32>) {
  // CHECK: adamas.compact %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} budget 128 : tensor<?x8x9x?xi32>, tensor<?x8x9xi32>, tensor<?x8x9x1xi32>
  %0, %1 = adamas.compact %d, %t, %s budget 128 : tensor<?x8x9x?xi32>, tensor<?x8x9xi32>, tensor<?x8x9x1xi32>
  return %0, %1 : tensor<?x8x9x1x128xi32>, tensor<?x8x9x1xi32>
}
