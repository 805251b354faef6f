// What adamas.paged_view refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @kv_1_pool_of_rank_2(%pool: tensor<16x64xf16>, %table: tensor<?x8xi32>) {
  // expected-error @below {{'adamas.paged_view' op expects 'pool' to be [pages, H, page, D], or [pages, H, page] of codes, but got rank 2}}
  %0 = adamas.paged_view %pool, %table : tensor<16x64xf16>, tensor<?x8xi32>
  return
}

// -----

func.func @kv_1_values_of_rank_3(%pool: tensor<?x3x16xf16>, %table: tensor<?x8xi32>) {
  // expected-error @below {{or [pages, H, page] of codes, but got rank 3}}
  %0 = adamas.paged_view %pool, %table : tensor<?x3x16xf16>, tensor<?x8xi32>
  return
}

// -----

func.func @kv_1_codes_of_rank_4(%pool: tensor<?x3x16x1x!adamas.codes<64, 2>>, %table: tensor<?x8xi32>) {
  // expected-error @below {{or [pages, H, page] of codes, but got rank 4}}
  %0 = adamas.paged_view %pool, %table : tensor<?x3x16x1x!adamas.codes<64, 2>>, tensor<?x8xi32>
  return
}

// -----

func.func @kv_1_dynamic_heads(%pool: tensor<?x?x16x64xf16>, %table: tensor<?x8xi32>) {
  // expected-error @below {{expects the head count of 'pool' to be static and positive, but got ?}}
  %0 = adamas.paged_view %pool, %table : tensor<?x?x16x64xf16>, tensor<?x8xi32>
  return
}

// -----

func.func @kv_1_no_heads(%pool: tensor<?x16x0x64xf16>, %table: tensor<?x8xi32>) {
  // expected-error @below {{expects the head count of 'pool' to be static and positive, but got 0}}
  %0 = adamas.paged_view %pool, %table layout token_major : tensor<?x16x0x64xf16>, tensor<?x8xi32>
  return
}

// -----

func.func @kv_1_table_of_rank_1(%pool: tensor<?x3x16x64xf16>, %table: tensor<?xi32>) {
  // expected-error @below {{expects 'page_table' to be a tensor of rank 2, but got 'tensor<?xi32>'}}
  %0 = adamas.paged_view %pool, %table : tensor<?x3x16x64xf16>, tensor<?xi32>
  return
}

// -----

func.func @kv_1_table_of_i64(%pool: tensor<?x3x16x64xf16>, %table: tensor<?x8xi64>) {
  // expected-error @below {{operand #1 must be 2D tensor of 32-bit signless integer values, but got 'tensor<?x8xi64>'}}
  %0 = adamas.paged_view %pool, %table : tensor<?x3x16x64xf16>, tensor<?x8xi64>
  return
}

// -----

func.func @kv_1_pool_of_i32(%pool: tensor<?x3x16x64xi32>, %table: tensor<?x8xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of 16-bit float or bfloat16 type or 32-bit float or the code vector of one token and head values, but got 'tensor<?x3x16x64xi32>'}}
  %0 = adamas.paged_view %pool, %table : tensor<?x3x16x64xi32>, tensor<?x8xi32>
  return
}

// -----

func.func @sel_5_positions_exceed_i32(%pool: tensor<?x3x32769x64xf16>, %table: tensor<?x65535xi32>) {
  // expected-error @below {{expects at most 2147483647 tokens a sequence, but got 65535 pages of 32769}}
  %0 = adamas.paged_view %pool, %table : tensor<?x3x32769x64xf16>, tensor<?x65535xi32>
  return
}

// -----

func.func @sel_5_positions_overflow(%pool: tensor<?x3x9223372036854775807x64xf16>, %table: tensor<?x9223372036854775807xi32>) {
  // expected-error @below {{expects at most 2147483647 tokens a sequence, but got 9223372036854775807 pages of 9223372036854775807}}
  %0 = adamas.paged_view %pool, %table : tensor<?x3x9223372036854775807x64xf16>, tensor<?x9223372036854775807xi32>
  return
}
