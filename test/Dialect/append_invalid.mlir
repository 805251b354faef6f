// What adamas.append refuses of its pools and new tokens.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @kv_1_pools_of_rank_3(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{'adamas.append' op expects 'key' to have rank 4, pages, heads, page and dimension, but got rank 3}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_1_value_pool_of_another_type(%k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %vp: tensor<?x3x32x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'value' to have the type of 'key', 'tensor<?x3x16x64xf16>', but got 'tensor<?x3x32x64xf16>'}}
  %0:3 = "adamas.append"(%k, %v, %s, %kp, %vp, %cp, %t) : (tensor<?x3x64xf16>, tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x32x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>, tensor<3x3xf32>) -> (tensor<?x3x16x64xf16>, tensor<?x3x32x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>)
  return
}

// -----

func.func @kv_2_codes_of_another_page_size(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x32x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'codes' to have the pages, heads and page size of 'key', ?x3x16, but got ?x3x32}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x32x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_2_codes_of_another_rank(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'codes' to have the pages, heads and page size of 'key', ?x3x16, but got ?x3}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_2_codes_of_another_dimension(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<128, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'codes' of the dimension of 'key', 64, but got 128}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<128, 2>>
  return
}

// -----

func.func @kv_2_keys_of_dynamic_dimension(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x?xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'codes' of the dimension of 'key', ?, but got 64}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x?xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_3_new_keys_of_other_heads(%k: tensor<?x9x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'new_key' to be [tokens, heads, dimension], ?x3x64x'f16', but got 'tensor<?x9x64xf16>'}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x9x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_3_heads_of_the_other_layout(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'new_key' to be [tokens, heads, dimension], ?x16x64x'f16', but got 'tensor<?x3x64xf16>'}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) layout token_major : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_3_new_keys_of_another_element_type(%k: tensor<?x3x64xf32>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'new_key' to be [tokens, heads, dimension], ?x3x64x'f16', but got 'tensor<?x3x64xf32>'}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf32>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_3_new_keys_of_rank_4(%k: tensor<?x1x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'new_key' to be [tokens, heads, dimension], ?x3x64x'f16', but got 'tensor<?x1x3x64xf16>'}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x1x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_3_dynamic_heads(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x?x16x64xf16>, %cp: tensor<?x?x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'new_key' to be [tokens, heads, dimension], ?x?x64x'f16', but got 'tensor<?x3x64xf16>'}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x?x16x64xf16>, tensor<?x?x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_3_new_values_of_another_type(%k: tensor<?x3x64xf16>, %v: tensor<?x3x64xbf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %vp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'new_value' to have the type of 'new_key', 'tensor<?x3x64xf16>', but got 'tensor<?x3x64xbf16>'}}
  %0:3 = "adamas.append"(%k, %v, %s, %kp, %vp, %cp, %t) : (tensor<?x3x64xf16>, tensor<?x3x64xbf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>, tensor<3x3xf32>) -> (tensor<?x3x16x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>)
  return
}

// -----

func.func @kv_3_slots_for_other_tokens(%k: tensor<4x3x64xf16>, %s: tensor<5xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{expects 'slots' to have one entry a new token, 4, but got 5}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<4x3x64xf16>, tensor<5xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @kv_3_slots_of_rank_2(%k: tensor<?x3x64xf16>, %s: tensor<?x1xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) {
  // expected-error @below {{operand #2 must be 1D tensor of 32-bit signless integer values, but got 'tensor<?x1xi32>'}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?x1xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}

// -----

func.func @placed_where_no_pool_is(%k: tensor<1x3x64xf16>, %s: tensor<1xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3xf32>) {
  // expected-error @below {{expects placement 'global' or 'cluster', but got 'shared'; pools are in global memory wherever they are written from}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) in shared : tensor<1x3x64xf16>, tensor<1xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}
