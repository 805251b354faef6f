// Round trip of adamas.l1_distance: bits, groups, query tokens, planes, policies, candidates, lengths, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @dst_1_same_codes_of_1_to_4_bits(
func.func @dst_1_same_codes_of_1_to_4_bits(%q1: tensor<2x9x!adamas.codes<64, 1>>, %k1: tensor<2x3x512x!adamas.codes<64, 1>>, %q4: tensor<?x9x!adamas.codes<1024, 4>>, %k4: tensor<?x3x?x!adamas.codes<1024, 4>>) -> (tensor<2x9x512xi32>, tensor<?x9x?xi32>) {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<2x9x!adamas.codes<64, 1>>, tensor<2x3x512x!adamas.codes<64, 1>>
  %0 = adamas.l1_distance %q1, %k1 : tensor<2x9x!adamas.codes<64, 1>>, tensor<2x3x512x!adamas.codes<64, 1>>
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x!adamas.codes<1024, 4>>, tensor<?x3x?x!adamas.codes<1024, 4>>
  %1 = adamas.l1_distance %q4, %k4 : tensor<?x9x!adamas.codes<1024, 4>>, tensor<?x3x?x!adamas.codes<1024, 4>>
  return %0, %1 : tensor<2x9x512xi32>, tensor<?x9x?xi32>
}

// CHECK-LABEL: func.func @dst_2_groups_of_1_3_5_8_16(
func.func @dst_2_groups_of_1_3_5_8_16(%k: tensor<?x2x?x!adamas.codes<64, 2>>, %g1: tensor<?x2x!adamas.codes<64, 2>>, %g3: tensor<?x6x!adamas.codes<64, 2>>, %g5: tensor<?x10x!adamas.codes<64, 2>>, %g8: tensor<?x16x!adamas.codes<64, 2>>, %g16: tensor<?x32x!adamas.codes<64, 2>>) -> (tensor<?x2x?xi32>, tensor<?x6x?xi32>, tensor<?x10x?xi32>, tensor<?x16x?xi32>, tensor<?x32x?xi32>) {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  %0 = adamas.l1_distance %g1, %k : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x6x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  %1 = adamas.l1_distance %g3, %k : tensor<?x6x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x10x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  %2 = adamas.l1_distance %g5, %k : tensor<?x10x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x16x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  %3 = adamas.l1_distance %g8, %k : tensor<?x16x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x32x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  %4 = adamas.l1_distance %g16, %k : tensor<?x32x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
  return %0, %1, %2, %3, %4 : tensor<?x2x?xi32>, tensor<?x6x?xi32>, tensor<?x10x?xi32>, tensor<?x16x?xi32>, tensor<?x32x?xi32>
}

// CHECK-LABEL: func.func @pak_4_planes_are_1_to_bits(
func.func @pak_4_planes_are_1_to_bits(%q: tensor<?x9x!adamas.codes<64, 3>>, %k: tensor<?x3x?x!adamas.codes<64, 3>>) {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} planes 1 : tensor<?x9x!adamas.codes<64, 3>>, tensor<?x3x?x!adamas.codes<64, 3>>
  %0 = adamas.l1_distance %q, %k planes 1 : tensor<?x9x!adamas.codes<64, 3>>, tensor<?x3x?x!adamas.codes<64, 3>>
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} planes 3 : tensor<?x9x!adamas.codes<64, 3>>, tensor<?x3x?x!adamas.codes<64, 3>>
  %1 = adamas.l1_distance %q, %k planes 3 : tensor<?x9x!adamas.codes<64, 3>>, tensor<?x3x?x!adamas.codes<64, 3>>
  return
}

// CHECK-LABEL: func.func @sel_4_per_kv_head_has_a_row_a_kv_head(
func.func @sel_4_per_kv_head_has_a_row_a_kv_head(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x?xi32> {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) policy per_kv_head : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %0 = adamas.l1_distance %q, %k seq_lens(%n : tensor<?xi32>) policy per_kv_head : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return %0 : tensor<?x3x?xi32>
}

// 15 * 1024 * 139810 = 2147481600 still leaves a bin to spare.
// CHECK-LABEL: func.func @sel_6_largest_group(
func.func @sel_6_largest_group(%q: tensor<1x139810x!adamas.codes<1024, 4>>, %k: tensor<1x1x8x!adamas.codes<1024, 4>>) -> tensor<1x1x8xi32> {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} policy per_kv_head : tensor<1x139810x!adamas.codes<1024, 4>>, tensor<1x1x8x!adamas.codes<1024, 4>>
  %0 = adamas.l1_distance %q, %k policy per_kv_head : tensor<1x139810x!adamas.codes<1024, 4>>, tensor<1x1x8x!adamas.codes<1024, 4>>
  return %0 : tensor<1x1x8xi32>
}

// per_query_head is the default, so it is not printed.
// CHECK-LABEL: func.func @per_query_head_is_not_printed(
func.func @per_query_head_is_not_printed(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // CHECK: adamas.l1_distance %{{.*}}, %{{[a-z0-9#]+}} : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %0 = adamas.l1_distance %q, %k policy per_query_head : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// CHECK-LABEL: func.func @ref_1_candidates_give_the_shape(
func.func @ref_1_candidates_give_the_shape(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %c: tensor<?x9x1024xi32>) -> tensor<?x9x1024xi32> {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) candidates(%{{[a-z0-9#]+}} : tensor<?x9x1024xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %0 = adamas.l1_distance %q, %k seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x1024xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return %0 : tensor<?x9x1024xi32>
}

// CHECK-LABEL: func.func @ref_1_candidates_per_kv_head_without_lengths(
func.func @ref_1_candidates_per_kv_head_without_lengths(%q: tensor<2x4x9x!adamas.codes<64, 2>>, %k: tensor<1x3x64x!adamas.codes<64, 2>>, %c: tensor<2x4x3x16xi32>) -> tensor<2x4x3x16xi32> {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} candidates(%{{[a-z0-9#]+}} : tensor<2x4x3x16xi32>) planes 1 policy per_kv_head in shared : tensor<2x4x9x!adamas.codes<64, 2>>, tensor<1x3x64x!adamas.codes<64, 2>>
  %0 = adamas.l1_distance %q, %k candidates(%c : tensor<2x4x3x16xi32>) planes 1 policy per_kv_head in shared : tensor<2x4x9x!adamas.codes<64, 2>>, tensor<1x3x64x!adamas.codes<64, 2>>
  return %0 : tensor<2x4x3x16xi32>
}

// CHECK-LABEL: func.func @nq_1_query_tokens_are_1_to_8(
func.func @nq_1_query_tokens_are_1_to_8(%one: tensor<?x1x9x!adamas.codes<64, 2>>, %eight: tensor<?x8x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> (tensor<?x1x9x?xi32>, tensor<?x8x3x?xi32>) {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x1x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %0 = adamas.l1_distance %one, %k : tensor<?x1x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) policy per_kv_head : tensor<?x8x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %1 = adamas.l1_distance %eight, %k seq_lens(%n : tensor<?xi32>) policy per_kv_head : tensor<?x8x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  return %0, %1 : tensor<?x1x9x?xi32>, tensor<?x8x3x?xi32>
}

// CHECK-LABEL: func.func @kv_1_batch_of_1_is_shared(
func.func @kv_1_batch_of_1_is_shared(%q: tensor<32x9x!adamas.codes<64, 2>>, %k: tensor<1x3x4096x!adamas.codes<64, 2>>, %n: tensor<32xi32>) -> tensor<32x9x4096xi32> {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<32xi32>) : tensor<32x9x!adamas.codes<64, 2>>, tensor<1x3x4096x!adamas.codes<64, 2>>
  %0 = adamas.l1_distance %q, %k seq_lens(%n : tensor<32xi32>) : tensor<32x9x!adamas.codes<64, 2>>, tensor<1x3x4096x!adamas.codes<64, 2>>
  return %0 : tensor<32x9x4096xi32>
}
