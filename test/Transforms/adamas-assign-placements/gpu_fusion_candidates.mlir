// Parts of candidates in one kernel: clusters keep the joined list, its distances and its histogram, so that no pass goes through global
// memory. A list that the function returns is written there.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4 candidates" -o %t
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=step" | FileCheck %s --check-prefixes=CHECK,STEP
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=selection" | FileCheck %s --check-prefixes=CHECK,SELECTION
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=stages" | FileCheck %s --check-prefix=STAGES --implicit-check-not="in cluster"

// CHECK-LABEL: func.func @two_passes(
// STEP: adamas.weighted_distance {{.*}} planes 1 in cluster :
// STEP: adamas.histogram {{.*}} bins 162 in cluster :
// SELECTION: adamas.weighted_distance {{.*}} planes 1 in global :
// SELECTION: adamas.histogram {{.*}} bins 162 in global :
// CHECK: adamas.compact {{.*}} budget 256 in shared :
// CHECK-NEXT: adamas.join {{.*}} in cluster :
// CHECK-NEXT: adamas.weighted_distance {{.*}} candidates({{.*}} in cluster :
// CHECK-NEXT: adamas.histogram {{.*}} parts({{.*}} candidates({{.*}} in cluster :
// CHECK: adamas.compact {{.*}} parts({{.*}} candidates({{.*}} budget 64 in shared :
// CHECK-NEXT: adamas.partial_attention {{.*}} in cluster :
// STAGES-LABEL: func.func @two_passes(
// STAGES: adamas.join {{.*}} in global :
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

// CHECK-LABEL: func.func @list_returned(
// CHECK: adamas.compact {{.*}} budget 256 in global :
// CHECK-NEXT: adamas.join {{.*}} in global :
// CHECK-NEXT: adamas.weighted_distance {{.*}} candidates({{.*}} in shared :
// CHECK-NEXT: adamas.histogram {{.*}} parts({{.*}} candidates({{.*}} in shared :
func.func @list_returned(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %c: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> (tensor<?x3x64xf16>, tensor<?x3x256xi32>) {
  %y = adamas.hadamard %query : tensor<?x3x64xf16>
  %w = adamas.weigh %y : tensor<?x3x64xf32>
  %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %l, %k = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 256 : tensor<?x3x?xi32>
  %e = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x256xi32>) : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x256xi32>) budget 64 : tensor<?x3x256xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x64xi32>, tensor<?x3xi32>
  return %o, %l : tensor<?x3x64xf16>, tensor<?x3x256xi32>
}
