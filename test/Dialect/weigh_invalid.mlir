// What adamas.weigh refuses of its head dimension, range, cap and groups.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @had_1_dim_is_96(%y: tensor<?x9x96xf32>) {
  // expected-error @below {{'adamas.weigh' op expects the last dimension of 'input' to be a static power of two from 2 to 1024, but got 96}}
  %0 = adamas.weigh %y : tensor<?x9x96xf32>
  return
}

// -----

func.func @had_1_dim_is_dynamic(%y: tensor<?x9x?xf32>) {
  // expected-error @below {{from 2 to 1024, but got ?}}
  %0 = adamas.weigh %y : tensor<?x9x?xf32>
  return
}

// -----

func.func @pak_3_dim_is_16(%y: tensor<?x9x16xf32>) {
  // expected-error @below {{expects the last dimension of 'input' to be a multiple of 32, but got 16}}
  %0 = adamas.weigh %y : tensor<?x9x16xf32>
  return
}

// -----

func.func @wgt_1_range_is_0(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'range' to be from 1 to 32768, but got 0}}
  %0 = adamas.weigh %y range 0 : tensor<?x9x64xf32>
  return
}

// -----

func.func @wgt_1_range_is_32769(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'range' to be from 1 to 32768, but got 32769}}
  %0 = adamas.weigh %y range 32769 : tensor<?x9x64xf32>
  return
}

// -----

func.func @wgt_1_range_is_negative(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'range' to be from 1 to 32768, but got -1}}
  %0 = adamas.weigh %y range -1 : tensor<?x9x64xf32>
  return
}

// -----

func.func @wgt_2_cap_is_0(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'cap' to be from 1 to 127, but got 0}}
  %0 = adamas.weigh %y cap 0 : tensor<?x9x64xf32>
  return
}

// -----

func.func @wgt_2_cap_is_128(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'cap' to be from 1 to 127, but got 128}}
  %0 = adamas.weigh %y cap 128 : tensor<?x9x64xf32>
  return
}

// -----

func.func @wgt_2_cap_is_the_least(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'cap' to be from 1 to 127, but got -9223372036854775808}}
  %0 = adamas.weigh %y cap -9223372036854775808 : tensor<?x9x64xf32>
  return
}

// -----

func.func @wgt_4_kv_heads_are_2_of_9(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects the head count of 'input', 9, to be a multiple of 'kv_heads', but got 2}}
  %0 = adamas.weigh %y kv_heads 2 : tensor<?x9x64xf32>
  return
}

// -----

func.func @wgt_4_kv_heads_are_more_than_the_heads(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects the head count of 'input', 9, to be a multiple of 'kv_heads', but got 18}}
  %0 = adamas.weigh %y kv_heads 18 : tensor<?x9x64xf32>
  return
}

// -----

func.func @wgt_4_kv_heads_are_0(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'kv_heads' to be at least 1, but got 0}}
  %0 = adamas.weigh %y kv_heads 0 : tensor<?x9x64xf32>
  return
}

// -----

func.func @wgt_4_kv_heads_are_negative(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{expects 'kv_heads' to be at least 1, but got -3}}
  %0 = adamas.weigh %y kv_heads -3 : tensor<?x9x64xf32>
  return
}
