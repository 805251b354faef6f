// One module, fused and split: the pass writes placements and nothing else, and they tell the two apart.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline -o %t.fused
// RUN: adamas-opt %t.fused --adamas-assign-placements -o %t.fused.placed
// RUN: FileCheck %s --check-prefix=FUSED --input-file=%t.fused.placed
// RUN: sed -E 's/ in (registers|shared|global)//' %t.fused.placed | diff %t.fused -
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=3" -o %t.split
// RUN: adamas-opt %t.split --adamas-assign-placements -o %t.split.placed
// RUN: FileCheck %s --check-prefix=SPLIT --input-file=%t.split.placed
// RUN: sed -E 's/ in (registers|shared|global)//' %t.split.placed | diff %t.split -
//
// Run again it changes nothing.
// RUN: adamas-opt %t.split.placed --adamas-assign-placements | diff %t.split.placed -

// FUSED-LABEL: func.func @decode(
// FUSED: adamas.hadamard {{.*}} in registers :
// FUSED: adamas.bucketize_pack {{.*}} in shared :
// FUSED: adamas.l1_distance {{.*}} in shared :
// FUSED: adamas.histogram {{.*}} in shared :
// FUSED: adamas.threshold {{.*}} in shared :
// FUSED: adamas.compact {{.*}} in shared :
// FUSED: adamas.partial_attention {{.*}} in shared :
// FUSED: adamas.merge_attention {{.*}} in global :

// SPLIT-LABEL: func.func @decode(
// SPLIT: adamas.hadamard {{.*}} in registers :
// SPLIT: adamas.bucketize_pack {{.*}} in global :
// SPLIT: adamas.l1_distance {{.*}} in global :
// SPLIT: adamas.histogram {{.*}} in global :
// SPLIT: adamas.threshold {{.*}} in global :
// SPLIT: adamas.compact {{.*}} in shared :
// SPLIT: adamas.partial_attention {{.*}} in global :
// SPLIT: adamas.merge_attention {{.*}} in global :
func.func @decode(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3x3xf32>) -> tensor<?x9x64xf16> {
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x9x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x9x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o : tensor<?x9x64xf16>
}
