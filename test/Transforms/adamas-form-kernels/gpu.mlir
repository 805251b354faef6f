// On a GPU: a scan with its histogram, a selection with the attention to it, and a merge where there are parts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline --adamas-assign-placements="processor=gpu" --adamas-form-kernels="processor=gpu" | FileCheck %s --check-prefix=ONE --implicit-check-not=adamas.kernel
// RUN: adamas-opt %s --adamas-open-pipeline="ways=3" --adamas-assign-placements="processor=gpu" --adamas-form-kernels="processor=gpu sm=80" | FileCheck %s --check-prefix=PARTS --implicit-check-not=adamas.kernel
// RUN: not adamas-opt %s --adamas-form-kernels="processor=gpu sm=75" 2>&1 | FileCheck %s --check-prefix=SM
// SM: error: expects option 'sm' to be 80 or more, but got 75

// ONE-LABEL: func.func @decode(
// ONE: %[[Q:.*]] = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
// ONE-NEXT: adamas.hadamard
// ONE-NEXT: adamas.bucketize_pack
// ONE: %[[D:.*]]:2 = adamas.kernel token #adamas.gpu<sm = 90,
// ONE-NEXT: adamas.l1_distance %[[Q]],
// ONE-NEXT: adamas.histogram
// ONE: %[[O:.*]] = adamas.kernel part #adamas.gpu<sm = 90,
// ONE-NEXT: %[[T:.*]], %[[SKIP:.*]] = adamas.threshold %[[D]]#1
// ONE-NEXT: adamas.compact %[[D]]#0, %[[T]], %[[SKIP]]
// ONE-NEXT: adamas.partial_attention
// ONE-NEXT: adamas.merge_attention
// ONE: return %[[O]]

// PARTS-LABEL: func.func @decode(
// PARTS: adamas.partition
// PARTS: adamas.kernel row #adamas.gpu<sm = 80,
// PARTS: adamas.kernel token #adamas.gpu<sm = 80,
// PARTS-NEXT: adamas.l1_distance
// PARTS-NEXT: adamas.histogram
// PARTS: %[[A:.*]]:2 = adamas.kernel part #adamas.gpu<sm = 80,
// PARTS-NEXT: adamas.threshold
// PARTS-NEXT: adamas.compact
// PARTS-NEXT: adamas.partial_attention
// PARTS: %[[O:.*]] = adamas.kernel row #adamas.gpu<sm = 80,
// PARTS-NEXT: adamas.merge_attention %[[A]]#0, %[[A]]#1
// PARTS: return %[[O]]
func.func @decode(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3x3xf32>) -> tensor<?x9x64xf16> {
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x9x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x9x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o : tensor<?x9x64xf16>
}
