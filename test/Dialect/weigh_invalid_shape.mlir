// What adamas.weigh refuses of its shape and types.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @nq_1_9_query_tokens(%y: tensor<?x9x9x64xf32>) {
  // expected-error @below {{expects the query tokens of 'input' to be static, from 1 to 8, but got 9}}
  %0 = adamas.weigh %y : tensor<?x9x9x64xf32>
  return
}

// -----

func.func @nq_1_no_query_tokens(%y: tensor<?x0x9x64xf32>) {
  // expected-error @below {{expects the query tokens of 'input' to be static, from 1 to 8, but got 0}}
  %0 = adamas.weigh %y : tensor<?x0x9x64xf32>
  return
}

// -----

func.func @nq_1_dynamic_query_tokens(%y: tensor<?x?x9x64xf32>) {
  // expected-error @below {{expects the query tokens of 'input' to be static, from 1 to 8, but got ?}}
  %0 = adamas.weigh %y : tensor<?x?x9x64xf32>
  return
}

// -----

func.func @nq_1_dynamic_heads(%y: tensor<?x?x64xf32>) {
  // expected-error @below {{expects the head count of 'input' to be static and positive, but got ?}}
  %0 = adamas.weigh %y : tensor<?x?x64xf32>
  return
}

// -----

func.func @nq_1_no_heads(%y: tensor<?x0x64xf32>) {
  // expected-error @below {{expects the head count of 'input' to be static and positive, but got 0}}
  %0 = adamas.weigh %y : tensor<?x0x64xf32>
  return
}

// -----

func.func @input_of_rank_2(%y: tensor<9x64xf32>) {
  // expected-error @below {{expects 'input' to have rank 3 or, with query tokens, 4, but got rank 2}}
  %0 = adamas.weigh %y : tensor<9x64xf32>
  return
}

// -----

func.func @input_is_f16(%y: tensor<?x9x64xf16>) {
  // expected-error @below {{operand #0 must be ranked tensor of 32-bit float values, but got 'tensor<?x9x64xf16>'}}
  %0 = adamas.weigh %y : tensor<?x9x64xf16>
  return
}

// -----

func.func @kv_heads_of_another_width(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{attribute 'kv_heads' failed to satisfy constraint: 64-bit signless integer attribute}}
  %0 = "adamas.weigh"(%y) <{kv_heads = 3 : i32}> : (tensor<?x9x64xf32>) -> tensor<?x3x64xi8>
  return
}

// -----

func.func @result_is_i32(%y: tensor<?x9x64xf32>) {
  // expected-error @below {{result #0 must be ranked tensor of 8-bit signless integer values, but got 'tensor<?x9x64xi32>'}}
  %0 = "adamas.weigh"(%y) : (tensor<?x9x64xf32>) -> tensor<?x9x64xi32>
  return
}
