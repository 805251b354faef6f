// Candidate lists are divided where 'candidates' asks for it, or where the launches that a chip gets want it: histograms and compactions by
// the parts of the tokens, as in the first pass.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=4 candidates" --cse | FileCheck %s --check-prefixes=CHECK,PARTS
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4 candidates" | FileCheck %s --check-prefixes=CHECK,PARTS
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=4" --cse | FileCheck %s --check-prefixes=CHECK,WHOLE
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" | FileCheck %s --check-prefixes=CHECK,WHOLE
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=4 chip=sm_90 fusion=step" --cse | FileCheck %s --check-prefixes=CHECK,PARTS
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=4 chip=sm_90 fusion=stages" --cse | FileCheck %s --check-prefixes=CHECK,WHOLE
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=1 candidates" --cse | FileCheck %s --check-prefix=ONE --implicit-check-not=parts

// CHECK-LABEL: func.func @two_passes(
// CHECK: %[[P:.*]] = adamas.partition %{{[a-z0-9]+}} ways 4 :
// CHECK: adamas.histogram %{{[a-z0-9]+}} seq_lens(%{{[a-z0-9]+}} : tensor<?xi32>) parts(%[[P]] : tensor<5xi32>) bins
// CHECK: adamas.compact {{.*}} parts(%[[P]] : tensor<5xi32>) budget 256
// CHECK: %[[J:.*]], %{{.*}} = adamas.join
// A distance needs no parts: its list says what it measures.
// CHECK: %[[E:.*]] = adamas.weighted_distance {{.*}} seq_lens(%{{[a-z0-9]+}} : tensor<?xi32>) candidates(%[[J]] : tensor<?x3x256xi32>) :
// PARTS: adamas.histogram %[[E]] seq_lens(%{{[a-z0-9]+}} : tensor<?xi32>) parts(%[[P]] : tensor<5xi32>) candidates(%[[J]] : tensor<?x3x256xi32>)
// PARTS: adamas.threshold %{{[a-z0-9]+}} need 63 : tensor<?x3x4x
// PARTS: adamas.compact %[[E]], {{.*}} seq_lens(%{{[a-z0-9]+}} : tensor<?xi32>) parts(%[[P]] : tensor<5xi32>) candidates(%[[J]] : tensor<?x3x256xi32>) budget 64
// PARTS: adamas.merge_attention {{.*}} : tensor<?x3x4x64xf32>
// WHOLE: adamas.histogram %[[E]] seq_lens(%{{[a-z0-9]+}} : tensor<?xi32>) candidates(%[[J]] : tensor<?x3x256xi32>)
// WHOLE: adamas.threshold %{{[a-z0-9]+}} need 63 : tensor<?x3x1x
// WHOLE: adamas.compact %[[E]], {{.*}} seq_lens(%{{[a-z0-9]+}} : tensor<?xi32>) candidates(%[[J]] : tensor<?x3x256xi32>) budget 64
// WHOLE: adamas.merge_attention {{.*}} : tensor<?x3x1x64xf32>
// ONE: adamas.histogram {{.*}} candidates(
func.func @two_passes(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %c: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %y = adamas.hadamard %query : tensor<?x3x64xf16>
  %w = adamas.weigh %y : tensor<?x3x64xf32>
  %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %l, %k = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 256 : tensor<?x3x?xi32>
  %e = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x256xi32>) : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x256xi32>) budget 64 : tensor<?x3x256xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x64xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
