// Types written out in the generic form, where verifiers run before inference: scalars of rank 0, sizes that overflow.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @hadamard_rank_0(%a0: tensor<f32>) {
  // expected-error @below {{expects 'input' to have rank 1 or more, but got 0}}
  %0 = "adamas.hadamard"(%a0) : (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @bucketize_pack_rank_0(%a0: tensor<f32>, %a1: tensor<f32>) {
  // expected-error @below {{expects 1, 3, 7 or 15 thresholds (2^b - 1 for b = 1..4), but got 0}}
  %0 = "adamas.bucketize_pack"(%a0, %a1) <{operandSegmentSizes = array<i32: 1, 1, 0>}> : (tensor<f32>, tensor<f32>) -> tensor<!adamas.codes<64, 2>>
  return
}

// -----

func.func @bucketize_pack_neither(%a0: tensor<2x3x64xf32>) {
  // expected-error @below {{expects thresholds either as an operand or as 'fixed', but got neither}}
  %0 = "adamas.bucketize_pack"(%a0) <{operandSegmentSizes = array<i32: 1, 0, 0>}> : (tensor<2x3x64xf32>) -> tensor<2x3x!adamas.codes<64, 2>>
  return
}

// -----

func.func @weigh_rank_0(%a0: tensor<f32>) {
  // expected-error @below {{expects 'input' to have rank 3 or, with query tokens, 4, but got rank 0}}
  %0 = "adamas.weigh"(%a0) : (tensor<f32>) -> tensor<i8>
  return
}

// -----

func.func @weigh_kv_heads_0(%a0: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'kv_heads' to be at least 1, but got 0}}
  %0 = "adamas.weigh"(%a0) <{kv_heads = 0 : i64}> : (tensor<?x9x64xf32>) -> tensor<?x9x64xi8>
  return
}

// -----

func.func @l1_distance_rank_0(%a0: tensor<!adamas.codes<64, 2>>, %a1: tensor<!adamas.codes<64, 2>>) {
  // expected-error @below {{expects a query of rank 2 or 3 and a 'key' of rank 3, [batch, heads, tokens], but got ranks 0 and 0}}
  %0 = "adamas.l1_distance"(%a0, %a1) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>}> : (tensor<!adamas.codes<64, 2>>, tensor<!adamas.codes<64, 2>>) -> tensor<i32>
  return
}

// -----

func.func @weighted_distance_rank_0(%a0: tensor<i8>, %a1: tensor<!adamas.codes<64, 2>>) {
  // expected-error @below {{expects a query of rank 3 or 4 and a 'key' of rank 3, [batch, heads, tokens], but got ranks 0 and 0}}
  %0 = "adamas.weighted_distance"(%a0, %a1) <{operandSegmentSizes = array<i32: 1, 1, 0, 0>}> : (tensor<i8>, tensor<!adamas.codes<64, 2>>) -> tensor<i32>
  return
}

// -----

func.func @topk_rank_0(%a0: tensor<i32>) {
  // expected-error @below {{expects 'distances' to have rank 3 or, with query tokens, 4, but got rank 0}}
  %0:2 = "adamas.topk"(%a0) <{budget = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0>}> : (tensor<i32>) -> (tensor<i32>, tensor<i32>)
  return
}

// -----

func.func @sparse_attention_rank_0(%a0: tensor<f16>, %a1: tensor<f16>, %a2: tensor<f16>, %a3: tensor<i32>, %a4: tensor<i32>) {
  // expected-error @below {{expects 'query' to have rank 3 or, with query tokens, 4, but got rank 0}}
  %0 = "adamas.sparse_attention"(%a0, %a1, %a2, %a3, %a4) : (tensor<f16>, tensor<f16>, tensor<f16>, tensor<i32>, tensor<i32>) -> tensor<f16>
  return
}

// -----

func.func @dense_attention_rank_0(%a0: tensor<f16>, %a1: tensor<f16>, %a2: tensor<f16>, %a3: tensor<1xi32>) {
  // expected-error @below {{expects 'query' to have rank 3 or, with query tokens, 4, but got rank 0}}
  %0 = "adamas.dense_attention"(%a0, %a1, %a2, %a3) : (tensor<f16>, tensor<f16>, tensor<f16>, tensor<1xi32>) -> tensor<f16>
  return
}

// -----

func.func @append_rank_0(%a0: tensor<f16>, %a1: tensor<f16>, %a2: tensor<1xi32>, %a3: tensor<f16>, %a4: tensor<f16>, %a5: tensor<!adamas.codes<64, 2>>, %a6: tensor<f32>) {
  // expected-error @below {{expects 'key' to have rank 4, pages, heads, page and dimension, but got rank 0}}
  %0:3 = "adamas.append"(%a0, %a1, %a2, %a3, %a4, %a5, %a6) : (tensor<f16>, tensor<f16>, tensor<1xi32>, tensor<f16>, tensor<f16>, tensor<!adamas.codes<64, 2>>, tensor<f32>) -> (tensor<f16>, tensor<f16>, tensor<!adamas.codes<64, 2>>)
  return
}

// -----

func.func @paged_view_rank_0(%a0: tensor<!adamas.codes<64, 2>>, %a1: tensor<1x1xi32>) {
  // expected-error @below {{expects 'pool' to be [pages, H, page, D], or [pages, H, page] of codes, but got rank 0}}
  %0 = "adamas.paged_view"(%a0, %a1) : (tensor<!adamas.codes<64, 2>>, tensor<1x1xi32>) -> tensor<!adamas.codes<64, 2>>
  return
}
