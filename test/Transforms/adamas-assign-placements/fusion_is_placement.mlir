// Fusion is placement: a step in four launches, in three and in one is the same module up to where its values live.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" -o %t.open
// RUN: adamas-opt %t.open --adamas-assign-placements="processor=gpu fusion=stages" -o %t.stages
// RUN: adamas-opt %t.open --adamas-assign-placements="processor=gpu fusion=selection" -o %t.selection
// RUN: adamas-opt %t.open --adamas-assign-placements="processor=gpu fusion=step" -o %t.step
// RUN: sed -E 's/ in (registers|shared|cluster|global)//' %t.stages | diff %t.open -
// RUN: sed -E 's/ in (registers|shared|cluster|global)//' %t.selection | diff %t.open -
// RUN: sed -E 's/ in (registers|shared|cluster|global)//' %t.step | diff %t.open -
//
// They are not the same, though.
// RUN: not diff %t.stages %t.selection
// RUN: not diff %t.selection %t.step

func.func @decode_l1(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3x3xf32>) -> tensor<?x9x64xf16> {
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x9x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x9x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o : tensor<?x9x64xf16>
}

func.func @decode_weighted(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> (tensor<?x9x64xf16>, tensor<?x9xf32>) {
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  %w = adamas.weigh %y : tensor<?x9x64xf32>
  %d = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x9x?xi32>
  %o, %lse = adamas.sparse_attention %query, %key, %key, %i, %m lse : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o, %lse : tensor<?x9x64xf16>, tensor<?x9xf32>
}
