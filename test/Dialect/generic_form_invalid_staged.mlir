// Types of staged ops written out in the generic form: scalars of rank 0, attributes that are missing or overflow.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @partition_rank_0(%a0: tensor<i32>) {
  // expected-error @below {{expects 'cache' to have its tokens on axis 2, but got rank 0}}
  %0 = "adamas.partition"(%a0) <{ways = 1 : i64}> : (tensor<i32>) -> tensor<2xi32>
  return
}

// -----

func.func @partition_without_ways(%a0: tensor<i32>) {
  // expected-error @below {{requires attribute 'ways'}}
  %0 = "adamas.partition"(%a0) : (tensor<i32>) -> tensor<2xi32>
  return
}

// -----

func.func @histogram_rank_0(%a0: tensor<i32>) {
  // expected-error @below {{expects 'distances' to have rank 3 or, with query tokens, 4, but got rank 0}}
  %0 = "adamas.histogram"(%a0) <{bins = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0>}> : (tensor<i32>) -> tensor<i32>
  return
}

// -----

func.func @histogram_bins_are_dynamic(%a0: tensor<1x1x1xi32>) {
  // expected-error @below {{expects 'bins' to be from 1 to 2147483647, but got -9223372036854775808}}
  %0 = "adamas.histogram"(%a0) <{bins = -9223372036854775808 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0>}> : (tensor<1x1x1xi32>) -> tensor<1x1x1x?xi32>
  return
}

// -----

func.func @threshold_rank_0(%a0: tensor<i32>) {
  // expected-error @below {{expects 'histogram' to have rank 4 or, with query tokens, 5, but got rank 0}}
  %0:2 = "adamas.threshold"(%a0) <{need = 1 : i64}> : (tensor<i32>) -> (tensor<i32>, tensor<i32>)
  return
}

// -----

func.func @compact_rank_0(%a0: tensor<i32>, %a1: tensor<i32>, %a2: tensor<i32>) {
  // expected-error @below {{expects 'distances' to have rank 3 or, with query tokens, 4, but got rank 0}}
  %0:2 = "adamas.compact"(%a0, %a1, %a2) <{budget = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0>}> : (tensor<i32>, tensor<i32>, tensor<i32>) -> (tensor<i32>, tensor<i32>)
  return
}

// -----

func.func @join_rank_0(%a0: tensor<i32>, %a1: tensor<i32>) {
  // expected-error @below {{expects 'indices' to have rank 4 or, with query tokens, 5, but got rank 0}}
  %0:2 = "adamas.join"(%a0, %a1) : (tensor<i32>, tensor<i32>) -> (tensor<i32>, tensor<i32>)
  return
}

// -----

func.func @partial_attention_rank_0(%a0: tensor<f16>, %a1: tensor<f16>, %a2: tensor<f16>, %a3: tensor<i32>, %a4: tensor<i32>) {
  // expected-error @below {{expects 'query' to have rank 3 or, with query tokens, 4, but got rank 0}}
  %0:2 = "adamas.partial_attention"(%a0, %a1, %a2, %a3, %a4) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0, 0>}> : (tensor<f16>, tensor<f16>, tensor<f16>, tensor<i32>, tensor<i32>) -> (tensor<f32>, tensor<f32>)
  return
}

// -----

func.func @partial_attention_list_of_rank_0(%a0: tensor<1x1x64xf16>, %a1: tensor<1x1x1x64xf16>, %a2: tensor<1x1x1x64xf16>, %a3: tensor<i32>, %a4: tensor<i32>) {
  // expected-error @below {{expects 'indices' to be a tensor of rank 4, but got 'tensor<i32>'}}
  %0:2 = "adamas.partial_attention"(%a0, %a1, %a2, %a3, %a4) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0, 0>}> : (tensor<1x1x64xf16>, tensor<1x1x1x64xf16>, tensor<1x1x1x64xf16>, tensor<i32>, tensor<i32>) -> (tensor<1x1x1x64xf32>, tensor<1x1x1xf32>)
  return
}

// -----

func.func @partial_attention_boundaries_overflow(%a0: tensor<1x1x64xf16>, %a1: tensor<1x1x1x64xf16>, %a2: tensor<1x1x1x64xf16>, %a3: tensor<1xi32>, %a4: tensor<?xi32>) {
  // expected-error @below {{expects 'parts' to hold a static number of boundaries, 2 or more, but got ?}}
  %0:2 = "adamas.partial_attention"(%a0, %a1, %a2, %a3, %a4) <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 1, 1>}> : (tensor<1x1x64xf16>, tensor<1x1x1x64xf16>, tensor<1x1x1x64xf16>, tensor<1xi32>, tensor<?xi32>) -> (tensor<1x1x1x64xf32>, tensor<1x1x1xf32>)
  return
}

// -----

func.func @merge_attention_rank_0(%a0: tensor<f32>, %a1: tensor<f32>) {
  // expected-error @below {{expects 'output' to have rank 4 or, with query tokens, 5, but got rank 0}}
  %0:2 = "adamas.merge_attention"(%a0, %a1) <{element_type = f16}> : (tensor<f32>, tensor<f32>) -> (tensor<f16>, tensor<f32>)
  return
}

// -----

func.func @merge_attention_without_element_type(%a0: tensor<f32>, %a1: tensor<f32>) {
  // expected-error @below {{requires attribute 'element_type'}}
  %0:2 = "adamas.merge_attention"(%a0, %a1) : (tensor<f32>, tensor<f32>) -> (tensor<f16>, tensor<f32>)
  return
}

// -----

func.func @wrong_number_of_results(%a0: tensor<1x1x1x1xi32>) {
  // expected-error @below {{expected 2 results}}
  %0 = "adamas.threshold"(%a0) <{need = 1 : i64}> : (tensor<1x1x1x1xi32>) -> tensor<1x1xi32>
  return
}

// -----

func.func @wrong_number_of_operands(%a0: tensor<i32>) {
  // expected-error @below {{expected 2 operands, but found 1}}
  %0:2 = "adamas.join"(%a0) : (tensor<i32>) -> (tensor<i32>, tensor<i32>)
  return
}
