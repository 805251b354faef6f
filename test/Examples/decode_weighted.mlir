// The recommended decode step: the same key codes, measured by the weighted distance (spec wgt-1..5).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @decode(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %value: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> (tensor<?x9x128xi32>, tensor<?x9xi32>, tensor<?x9x64xf16>, tensor<?x9xf32>, tensor<?x9x64xi8>) {
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  %w = adamas.weigh %y : tensor<?x9x64xf32>
  %d = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x9x?xi32>
  %o, %lse = adamas.sparse_attention %query, %key, %value, %i, %m lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %i, %m, %o, %lse, %w : tensor<?x9x128xi32>, tensor<?x9xi32>, tensor<?x9x64xf16>, tensor<?x9xf32>, tensor<?x9x64xi8>
}
