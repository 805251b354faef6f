// The second pass joins the first's selection in one kernel where the candidate list is whole; where parts make it, others join it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline --adamas-assign-placements="processor=gpu" --adamas-form-kernels="processor=gpu" | FileCheck %s --check-prefix=ONE --implicit-check-not=adamas.kernel
// RUN: adamas-opt %s --adamas-open-pipeline="ways=2" --adamas-assign-placements="processor=gpu" --adamas-form-kernels="processor=gpu" | FileCheck %s --check-prefix=PARTS --implicit-check-not=adamas.kernel

// ONE-LABEL: func.func @budget_256(
// ONE: adamas.kernel token
// ONE: adamas.kernel part
// ONE-NEXT: adamas.threshold
// ONE-NEXT: adamas.compact {{.*}} budget 256
// ONE-NEXT: adamas.join
// ONE-NEXT: adamas.weighted_distance
// ONE-NEXT: adamas.histogram
// ONE-NEXT: adamas.threshold
// ONE-NEXT: adamas.compact {{.*}} budget 64
// ONE-NEXT: adamas.partial_attention
// ONE-NEXT: adamas.merge_attention

// PARTS-LABEL: func.func @budget_256(
// PARTS: adamas.kernel token
// PARTS: adamas.kernel part
// PARTS-NEXT: adamas.threshold
// PARTS-NEXT: adamas.compact {{.*}} budget 256
// PARTS: adamas.kernel row
// PARTS-NEXT: adamas.join
// PARTS: adamas.kernel part
// PARTS-NEXT: adamas.weighted_distance
// PARTS: adamas.compact {{.*}} budget 64
// PARTS-NEXT: adamas.partial_attention
// PARTS-NEXT: adamas.merge_attention
func.func @budget_256(%w: tensor<?x3x64xi8>, %key: tensor<?x3x?x64xf16>, %query: tensor<?x3x64xf16>, %c: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %l, %k = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 256 : tensor<?x3x?xi32>
  %e = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x256xi32>) : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x256xi32>) budget 64 : tensor<?x3x256xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x64xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
