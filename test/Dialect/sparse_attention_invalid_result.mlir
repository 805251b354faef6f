// What adamas.sparse_attention refuses of its query and its results.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @nq_1_9_query_tokens(%q: tensor<?x9x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x9x128xi32>, %m: tensor<?x9x9xi32>) {
  // expected-error @below {{expects the query tokens of 'query' to be static, from 1 to 8, but got 9}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x9x128xi32>, tensor<?x9x9xi32>
  return
}

// -----

func.func @nq_1_dynamic_heads(%q: tensor<?x?x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects the head count of 'query' to be static and positive, but got ?}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @nq_1_query_of_rank_2(%q: tensor<9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'query' to have rank 3 or, with query tokens, 4, but got rank 2}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @nq_1_query_of_rank_0(%q: tensor<f16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects 'query' to have rank 3 or, with query tokens, 4, but got rank 0}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<f16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}

// -----

func.func @att_3_lse_that_is_not_asked_for(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %v: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{expects results of type 'tensor<?x9x64xf16>', but got 'tensor<?x9x64xf16>', 'tensor<?x9xf32>'}}
  %0:2 = "adamas.sparse_attention"(%q, %k, %v, %i, %m) : (tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>) -> (tensor<?x9x64xf16>, tensor<?x9xf32>)
  return
}

// -----

func.func @att_3_lse_is_f16(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{result #1 must be ranked tensor of 32-bit float values, but got 'tensor<?x9xf16>'}}
  %0:2 = "adamas.sparse_attention"(%q, %k, %k, %i, %m) <{return_lse}> : (tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>) -> (tensor<?x9x64xf16>, tensor<?x9xf16>)
  return
}

// -----

func.func @scale_is_f64(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{attribute 'scale' failed to satisfy constraint: 32-bit float attribute}}
  %0 = "adamas.sparse_attention"(%q, %k, %k, %i, %m) <{scale = 1.0 : f64}> : (tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>) -> tensor<?x9x64xf16>
  return
}

// -----

func.func @indices_are_i64(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x128xi64>, %m: tensor<?x9xi32>) {
  // expected-error @below {{operand #3 must be ranked tensor of 32-bit signless integer values, but got 'tensor<?x9x128xi64>'}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi64>, tensor<?x9xi32>
  return
}

// -----

func.func @keys_are_no_tensor(%q: tensor<?x9x64xf16>, %k: i32, %i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) {
  // expected-error @below {{operand #1 must be ranked tensor of 16-bit float or bfloat16 type or 32-bit float values, but got 'i32'}}
  %0 = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, i32, tensor<?x9x128xi32>, tensor<?x9xi32>
  return
}
