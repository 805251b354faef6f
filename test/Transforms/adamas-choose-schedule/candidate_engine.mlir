// One plane of all tokens is for population counts where a launch does the whole step; several planes of candidates are for products.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=step" | FileCheck %s --check-prefix=STEP
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=step chip=sm_100" | FileCheck %s --check-prefix=BYTES
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=step engine=b1" | FileCheck %s --check-prefix=SAME --implicit-check-not=candidate_engine
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=selection" | FileCheck %s --check-prefix=SELECTION --implicit-check-not=candidate_engine

// STEP-LABEL: func.func @two_pass(
// STEP: adamas.kernel part #adamas.gpu<{{.*}} engine = popc, {{.*}}candidate_engine = b1>
// STEP-LABEL: func.func @one_plane(
// STEP-NOT: candidate_engine
// STEP: adamas.kernel part #adamas.gpu<{{.*}} engine = popc,
// STEP-NOT: candidate_engine
// From sm_100 on binary products are emulated.
// BYTES-LABEL: func.func @two_pass(
// BYTES: adamas.kernel part #adamas.gpu<{{.*}} engine = popc, {{.*}}candidate_engine = s8>
// BYTES-LABEL: func.func @one_plane(
// BYTES-NOT: candidate_engine
// BYTES: adamas.kernel part #adamas.gpu<{{.*}} engine = popc,
// BYTES-NOT: candidate_engine
// Who asks for products gets them for all tokens, and candidates follow.
// SAME-LABEL: func.func @two_pass(
// SAME: adamas.kernel part #adamas.gpu<{{.*}} engine = b1,
// A kernel without a scan takes its engine for candidates in the first place.
// SELECTION-LABEL: func.func @two_pass(
// SELECTION: adamas.kernel token #adamas.gpu<{{.*}} engine = b1,
// SELECTION: adamas.kernel part #adamas.gpu<{{.*}} engine = b1,
func.func @two_pass(%y: tensor<?x3x64xf32>, %query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 4>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %w = adamas.weigh %y : tensor<?x3x64xf32>
  %far = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %c, %l = adamas.topk %far seq_lens(%n : tensor<?xi32>) budget 256 : tensor<?x3x?xi32>
  %d = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x3x256xi32>) : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x3x256xi32>) budget 32 : tensor<?x3x256xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x32xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}

func.func @one_plane(%y: tensor<?x3x64xf32>, %query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 4>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %w = adamas.weigh %y : tensor<?x3x64xf32>
  %far = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %i, %m = adamas.topk %far seq_lens(%n : tensor<?xi32>) budget 32 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x32xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
