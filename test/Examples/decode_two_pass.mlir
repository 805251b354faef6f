// Two passes over 4-bit codes: one plane for all tokens, all four for the 8 k nearest of them (spec ref-3).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @decode(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %value: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 4>>, %n: tensor<?xi32>) -> (tensor<?x9x128xi32>, tensor<?x9xi32>, tensor<?x9x64xf16>, tensor<?x9xf32>, tensor<?x9x64xi8>) {
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  %w = adamas.weigh %y : tensor<?x9x64xf32>
  %d = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %c, %l = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 1024 sink 4 : tensor<?x9x?xi32>
  %e = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x1024xi32>) : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x1024xi32>) budget 128 sink 4 : tensor<?x9x1024xi32>
  %o, %lse = adamas.sparse_attention %query, %key, %value, %i, %m lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %i, %m, %o, %lse, %w : tensor<?x9x128xi32>, tensor<?x9xi32>, tensor<?x9x64xf16>, tensor<?x9xf32>, tensor<?x9x64xi8>
}
