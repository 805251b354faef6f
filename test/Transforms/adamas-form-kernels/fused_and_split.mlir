// One module: fused it is one kernel, split over three parts it is five, as its placements ask.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline --adamas-assign-placements --adamas-form-kernels | FileCheck %s --check-prefix=FUSED --implicit-check-not=adamas.kernel
// RUN: adamas-opt %s --adamas-open-pipeline="ways=3" --adamas-assign-placements --adamas-form-kernels | FileCheck %s --check-prefix=SPLIT --implicit-check-not=adamas.kernel

// FUSED-LABEL: func.func @decode(
// FUSED-NEXT: %[[K:.*]] = adamas.kernel row #adamas.cpu<16, words> {
// FUSED-NEXT: adamas.hadamard
// FUSED-NEXT: adamas.bucketize_pack
// FUSED-NEXT: adamas.l1_distance
// FUSED-NEXT: adamas.histogram
// FUSED-NEXT: adamas.threshold
// FUSED-NEXT: adamas.compact
// FUSED-NEXT: adamas.partial_attention
// FUSED-NEXT: %[[O:[a-z0-9]+]], %{{.*}} = adamas.merge_attention
// FUSED-NEXT: adamas.yield %[[O]] : tensor<?x9x64xf16>
// FUSED-NEXT: } : tensor<?x9x64xf16>
// FUSED-NEXT: return %[[K]] : tensor<?x9x64xf16>

// SPLIT-LABEL: func.func @decode(
// SPLIT-NEXT: %[[PARTS:.*]] = adamas.partition
// SPLIT-NEXT: %[[Q:.*]] = adamas.kernel row #adamas.cpu<16, words> {
// SPLIT-NEXT: adamas.hadamard
// SPLIT-NEXT: adamas.bucketize_pack
// SPLIT: %[[D:.*]]:2 = adamas.kernel part #adamas.cpu<16, words> {
// SPLIT-NEXT: adamas.l1_distance %[[Q]],
// SPLIT-NEXT: adamas.histogram {{.*}} parts(%[[PARTS]] : tensor<4xi32>)
// SPLIT: %[[T:.*]]:2 = adamas.kernel row #adamas.cpu<16, words> {
// SPLIT-NEXT: adamas.threshold %[[D]]#1
// SPLIT: %[[A:.*]]:2 = adamas.kernel part #adamas.cpu<16, words> {
// SPLIT-NEXT: %[[I:.*]], %[[M:.*]] = adamas.compact %[[D]]#0, %[[T]]#0, %[[T]]#1 {{.*}} parts(%[[PARTS]] : tensor<4xi32>)
// SPLIT-NEXT: adamas.partial_attention {{.*}} indices(%[[I]], %[[M]] :
// SPLIT: %[[O:.*]] = adamas.kernel row #adamas.cpu<16, words> {
// SPLIT-NEXT: adamas.merge_attention %[[A]]#0, %[[A]]#1
// SPLIT: return %[[O]] : tensor<?x9x64xf16>
func.func @decode(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3x3xf32>) -> tensor<?x9x64xf16> {
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x9x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x9x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o : tensor<?x9x64xf16>
}
