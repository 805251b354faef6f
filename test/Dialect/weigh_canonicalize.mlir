// Canonical forms of adamas.weigh: a group of one query head shares nothing (wgt-4).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @wgt_4_group_of_one(
func.func @wgt_4_group_of_one(%y: tensor<?x9x64xf32>) -> tensor<?x9x64xi8> {
  // CHECK: adamas.weigh %{{[a-z0-9]+}} range 100 cap 5 : tensor<?x9x64xf32>
  %w = adamas.weigh %y range 100 cap 5 kv_heads 9 : tensor<?x9x64xf32>
  return %w : tensor<?x9x64xi8>
}

// CHECK-LABEL: func.func @wgt_4_group_of_one_with_query_tokens(
func.func @wgt_4_group_of_one_with_query_tokens(%y: tensor<?x4x9x64xf32>) -> tensor<?x4x9x64xi8> {
  // CHECK: adamas.weigh %{{[a-z0-9]+}} in shared : tensor<?x4x9x64xf32>
  %w = adamas.weigh %y kv_heads 9 in shared : tensor<?x4x9x64xf32>
  return %w : tensor<?x4x9x64xi8>
}

// CHECK-LABEL: func.func @no_change_for_a_group_of_three(
func.func @no_change_for_a_group_of_three(%y: tensor<?x9x64xf32>) -> tensor<?x3x64xi8> {
  // CHECK: adamas.weigh %{{[a-z0-9]+}} kv_heads 3 : tensor<?x9x64xf32>
  %w = adamas.weigh %y kv_heads 3 : tensor<?x9x64xf32>
  return %w : tensor<?x3x64xi8>
}

// The query tokens are as many as the KV heads: it is the heads that count.
// CHECK-LABEL: func.func @no_change_for_as_many_query_tokens(
func.func @no_change_for_as_many_query_tokens(%y: tensor<?x3x9x64xf32>) -> tensor<?x3x3x64xi8> {
  // CHECK: adamas.weigh %{{[a-z0-9]+}} kv_heads 3 : tensor<?x3x9x64xf32>
  %w = adamas.weigh %y kv_heads 3 : tensor<?x3x9x64xf32>
  return %w : tensor<?x3x3x64xi8>
}
