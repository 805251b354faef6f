// Rows of more than 48 KiB do not stay in a CTA's shared memory: candidate lists and their distances go to global memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline --adamas-assign-placements="processor=gpu" | FileCheck %s

// CHECK-LABEL: func.func @budget_12288(
// CHECK: adamas.compact {{.*}} budget 12288 in shared :
// CHECK: adamas.join {{.*}} in shared :
// CHECK: adamas.weighted_distance {{.*}} candidates({{.*}} in shared :
// CHECK: adamas.compact {{.*}} budget 64 in shared :
func.func @budget_12288(%w: tensor<?x3x64xi8>, %key: tensor<?x3x?x64xf16>, %query: tensor<?x3x64xf16>, %c: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %l, %k = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 12288 : tensor<?x3x?xi32>
  %e = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x12288xi32>) : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x12288xi32>) budget 64 : tensor<?x3x12288xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x64xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}

// CHECK-LABEL: func.func @budget_12289(
// CHECK: adamas.compact {{.*}} budget 12289 in global :
// CHECK: adamas.join {{.*}} in global :
// CHECK: adamas.weighted_distance {{.*}} candidates({{.*}} in global :
// CHECK: adamas.compact {{.*}} budget 64 in shared :
func.func @budget_12289(%w: tensor<?x3x64xi8>, %key: tensor<?x3x?x64xf16>, %query: tensor<?x3x64xf16>, %c: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %l, %k = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 12289 : tensor<?x3x?xi32>
  %e = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x12289xi32>) : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x12289xi32>) budget 64 : tensor<?x3x12289xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x64xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
