// A step in four, three or one kernel: what is placed in a cluster makes its parts CTAs of one, which merge for themselves.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" -o %t
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=stages" --adamas-form-kernels="processor=gpu" | FileCheck %s --check-prefix=STAGES --implicit-check-not=adamas.kernel --implicit-check-not="cluster ="
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=selection" --adamas-form-kernels="processor=gpu" | FileCheck %s --check-prefix=SELECTION --implicit-check-not=adamas.kernel --implicit-check-not="cluster ="
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=step" --adamas-form-kernels="processor=gpu" | FileCheck %s --check-prefix=STEP --implicit-check-not=adamas.kernel --implicit-check-not="cluster ="
// RUN: adamas-opt %s --adamas-open-pipeline --adamas-assign-placements="processor=gpu fusion=step" --adamas-form-kernels="processor=gpu sm=80" | FileCheck %s --check-prefix=WHOLE --implicit-check-not=adamas.kernel --implicit-check-not="cluster ="
//
// Clusters came with sm_90.
// RUN: not adamas-opt %t --adamas-assign-placements="processor=gpu fusion=step" --adamas-form-kernels="processor=gpu sm=80" 2>&1 | FileCheck %s --check-prefix=SM
// SM: error: 'adamas.merge_attention' op expects clusters of sm_90 or later, but got 4 CTAs for sm_80

// STAGES: adamas.kernel row #adamas.gpu<
// STAGES: adamas.kernel token #adamas.gpu<
// STAGES: adamas.kernel part #adamas.gpu<
// STAGES: adamas.kernel row #adamas.gpu<

// SELECTION: adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
// SELECTION-NEXT: adamas.hadamard
// SELECTION-NEXT: adamas.bucketize_pack
// SELECTION: adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
// SELECTION-NEXT: adamas.l1_distance
// SELECTION-NEXT: adamas.histogram
// SELECTION: adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 4> {
// SELECTION-NEXT: adamas.threshold
// SELECTION-NEXT: adamas.compact
// SELECTION-NEXT: adamas.partial_attention
// SELECTION-NEXT: adamas.merge_attention

// STEP: adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 4> {
// STEP-NEXT: adamas.hadamard
// STEP-NEXT: adamas.bucketize_pack
// STEP-NEXT: adamas.l1_distance
// STEP-NEXT: adamas.histogram
// STEP-NEXT: adamas.threshold
// STEP-NEXT: adamas.compact
// STEP-NEXT: adamas.partial_attention
// STEP-NEXT: adamas.merge_attention
// STEP-NEXT: adamas.yield

// One part needs no cluster, on no chip.
// WHOLE: adamas.kernel part #adamas.gpu<sm = 80, threads = 128, tokens = 2, iterations = 1, engine = popc> {
func.func @decode(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>) -> tensor<?x3x64xf16> {
  %y = adamas.hadamard %query : tensor<?x3x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<?x3x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
