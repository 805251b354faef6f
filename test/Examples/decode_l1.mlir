// The paper's decode step: Hadamard, codes, L1 distance, top-k, exact attention over the k nearest tokens.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @decode(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %value: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3x3xf32>) -> (tensor<?x9x128xi32>, tensor<?x9xi32>, tensor<?x9x64xf16>, tensor<?x9xf32>, tensor<?x9x!adamas.codes<64, 2>>) {
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x9x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x9x?xi32>
  %o, %lse = adamas.sparse_attention %query, %key, %value, %i, %m lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %i, %m, %o, %lse, %q : tensor<?x9x128xi32>, tensor<?x9xi32>, tensor<?x9x64xf16>, tensor<?x9xf32>, tensor<?x9x!adamas.codes<64, 2>>
}
