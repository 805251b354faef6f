// What is left of form 1 is refused, each op with the pass that should have opened it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --adamas-verify-staged-form

func.func @topk(%d: tensor<?x3x?xi32>) -> tensor<?x3x8xi32> {
  // expected-error @below {{'adamas.topk' op is not part of the staged form}}
  // expected-note @below {{this is likely due to a missing case in 'adamas-open-topk'}}
  %i, %m = adamas.topk %d budget 8 bound 64 : tensor<?x3x?xi32>
  return %i : tensor<?x3x8xi32>
}

// -----

// All of them are named, not only the first.
func.func @attention(%q: tensor<?x3x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x3x8xi32>, %m: tensor<?x3xi32>, %n: tensor<?xi32>) -> (tensor<?x3x64xf16>, tensor<?x3x64xf16>) {
  // expected-error @below {{'adamas.sparse_attention' op is not part of the staged form}}
  // expected-note @below {{this is likely due to a missing case in 'adamas-open-attention'}}
  %o = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x8xi32>, tensor<?x3xi32>
  // expected-error @below {{'adamas.dense_attention' op is not part of the staged form}}
  // expected-note @below {{this is likely due to a missing case in 'adamas-open-attention'}}
  %p = adamas.dense_attention %q, %k, %k, %n : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return %o, %p : tensor<?x3x64xf16>, tensor<?x3x64xf16>
}
