// Round trip of adamas.weighted_distance: bits, groups, query tokens, planes, candidates, lengths, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @wgt_3_dimension_of_the_codes(
func.func @wgt_3_dimension_of_the_codes(%w: tensor<?x9x32xi8>, %k: tensor<?x3x?x!adamas.codes<32, 1>>, %v: tensor<2x9x1024xi8>, %l: tensor<2x3x64x!adamas.codes<1024, 4>>) -> (tensor<?x9x?xi32>, tensor<2x9x64xi32>) {
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x32xi8>, tensor<?x3x?x!adamas.codes<32, 1>>
  %0 = adamas.weighted_distance %w, %k : tensor<?x9x32xi8>, tensor<?x3x?x!adamas.codes<32, 1>>
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<2x9x1024xi8>, tensor<2x3x64x!adamas.codes<1024, 4>>
  %1 = adamas.weighted_distance %v, %l : tensor<2x9x1024xi8>, tensor<2x3x64x!adamas.codes<1024, 4>>
  return %0, %1 : tensor<?x9x?xi32>, tensor<2x9x64xi32>
}

// CHECK-LABEL: func.func @dst_2_groups_of_1_3_5_8_16(
func.func @dst_2_groups_of_1_3_5_8_16(%k: tensor<?x2x?x!adamas.codes<64, 3>>, %g1: tensor<?x2x64xi8>, %g3: tensor<?x6x64xi8>, %g5: tensor<?x10x64xi8>, %g8: tensor<?x16x64xi8>, %g16: tensor<?x32x64xi8>) -> (tensor<?x2x?xi32>, tensor<?x6x?xi32>, tensor<?x10x?xi32>, tensor<?x16x?xi32>, tensor<?x32x?xi32>) {
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x2x64xi8>, tensor<?x2x?x!adamas.codes<64, 3>>
  %0 = adamas.weighted_distance %g1, %k : tensor<?x2x64xi8>, tensor<?x2x?x!adamas.codes<64, 3>>
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x6x64xi8>, tensor<?x2x?x!adamas.codes<64, 3>>
  %1 = adamas.weighted_distance %g3, %k : tensor<?x6x64xi8>, tensor<?x2x?x!adamas.codes<64, 3>>
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x10x64xi8>, tensor<?x2x?x!adamas.codes<64, 3>>
  %2 = adamas.weighted_distance %g5, %k : tensor<?x10x64xi8>, tensor<?x2x?x!adamas.codes<64, 3>>
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x16x64xi8>, tensor<?x2x?x!adamas.codes<64, 3>>
  %3 = adamas.weighted_distance %g8, %k : tensor<?x16x64xi8>, tensor<?x2x?x!adamas.codes<64, 3>>
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x32x64xi8>, tensor<?x2x?x!adamas.codes<64, 3>>
  %4 = adamas.weighted_distance %g16, %k : tensor<?x32x64xi8>, tensor<?x2x?x!adamas.codes<64, 3>>
  return %0, %1, %2, %3, %4 : tensor<?x2x?xi32>, tensor<?x6x?xi32>, tensor<?x10x?xi32>, tensor<?x16x?xi32>, tensor<?x32x?xi32>
}

// CHECK-LABEL: func.func @pak_4_planes_are_1_to_bits(
func.func @pak_4_planes_are_1_to_bits(%w: tensor<?x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 4>>, %n: tensor<?xi32>) {
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) planes 1 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %0 = adamas.weighted_distance %w, %k seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) planes 4 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %1 = adamas.weighted_distance %w, %k seq_lens(%n : tensor<?xi32>) planes 4 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  return
}

// One weight vector a KV head: wgt-4 makes it, the distance only sees S = Hkv.
// CHECK-LABEL: func.func @wgt_4_selections_are_the_kv_heads(
func.func @wgt_4_selections_are_the_kv_heads(%w: tensor<?x3x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) -> tensor<?x3x?xi32> {
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} in global : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %0 = adamas.weighted_distance %w, %k in global : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return %0 : tensor<?x3x?xi32>
}

// CHECK-LABEL: func.func @ref_1_candidates_give_the_shape(
func.func @ref_1_candidates_give_the_shape(%w: tensor<?x8x3x64xi8>, %k: tensor<1x3x?x!adamas.codes<64, 4>>, %n: tensor<?xi32>, %c: tensor<?x8x3x1024xi32>) -> tensor<?x8x3x1024xi32> {
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) candidates(%{{[a-z0-9#]+}} : tensor<?x8x3x1024xi32>) planes 2 in shared : tensor<?x8x3x64xi8>, tensor<1x3x?x!adamas.codes<64, 4>>
  %0 = adamas.weighted_distance %w, %k seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x8x3x1024xi32>) planes 2 in shared : tensor<?x8x3x64xi8>, tensor<1x3x?x!adamas.codes<64, 4>>
  return %0 : tensor<?x8x3x1024xi32>
}

// CHECK-LABEL: func.func @nq_1_query_tokens_are_1_to_8(
func.func @nq_1_query_tokens_are_1_to_8(%one: tensor<?x1x9x64xi8>, %eight: tensor<?x8x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) -> (tensor<?x1x9x?xi32>, tensor<?x8x9x?xi32>) {
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x1x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %0 = adamas.weighted_distance %one, %k : tensor<?x1x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x8x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %1 = adamas.weighted_distance %eight, %k : tensor<?x8x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  return %0, %1 : tensor<?x1x9x?xi32>, tensor<?x8x9x?xi32>
}

// CHECK-LABEL: func.func @kv_1_batch_of_1_is_shared(
func.func @kv_1_batch_of_1_is_shared(%w: tensor<32x9x64xi8>, %k: tensor<1x3x4096x!adamas.codes<64, 2>>, %n: tensor<32xi32>) -> tensor<32x9x4096xi32> {
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<32xi32>) : tensor<32x9x64xi8>, tensor<1x3x4096x!adamas.codes<64, 2>>
  %0 = adamas.weighted_distance %w, %k seq_lens(%n : tensor<32xi32>) : tensor<32x9x64xi8>, tensor<1x3x4096x!adamas.codes<64, 2>>
  return %0 : tensor<32x9x4096xi32>
}
