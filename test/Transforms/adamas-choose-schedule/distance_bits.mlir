// Distances that one selection takes are kept in eight bits where they fit, or where those that L1 selects nearly always do; a threshold
// of weights may lie anywhere. What is given counts, but not for distances that somebody else asks for.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=step" | FileCheck %s
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=step distance-bits=16" | FileCheck %s --check-prefix=WIDE --implicit-check-not=distance_bits
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=step distance-bits=8" | FileCheck %s --check-prefix=NARROW
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=stages" | FileCheck %s --check-prefix=STAGES
// RUN: not adamas-opt %s --adamas-gpu-kernels-pipeline="distance-bits=4" 2>&1 | FileCheck %s --check-prefix=FOUR
// FOUR: error: expects option 'distance-bits' to be 0, 8 or 16, but got 4

// CHECK-LABEL: func.func @l1(
// CHECK: adamas.kernel part #adamas.gpu<{{.*}}distance_bits = 8>
// CHECK-LABEL: func.func @weights(
// CHECK-NOT: distance_bits
// CHECK-LABEL: func.func @returned(
// CHECK-NOT: distance_bits
// WIDE-LABEL: func.func @l1(
// NARROW-LABEL: func.func @weights(
// NARROW: adamas.kernel token #adamas.gpu<{{.*}}distance_bits = 8>
// NARROW-LABEL: func.func @returned(
// NARROW-NOT: distance_bits
// STAGES-LABEL: func.func @l1(
// STAGES: adamas.kernel token #adamas.gpu<{{.*}}distance_bits = 8>
// STAGES-NOT: distance_bits
// STAGES: adamas.kernel part
func.func @l1(%q: tensor<?x2x!adamas.codes<128, 2>>, %query: tensor<?x2x128xf16>, %key: tensor<?x2x?x128xf16>, %codes: tensor<?x2x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>) -> tensor<?x2x128xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x2x!adamas.codes<128, 2>>, tensor<?x2x?x!adamas.codes<128, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x2x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x2x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x128xi32>, tensor<?x2xi32>
  return %o : tensor<?x2x128xf16>
}

func.func @weights(%w: tensor<?x2x128xi8>, %query: tensor<?x2x128xf16>, %key: tensor<?x2x?x128xf16>, %codes: tensor<?x2x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>) -> tensor<?x2x128xf16> {
  %d = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x2x128xi8>, tensor<?x2x?x!adamas.codes<128, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x2x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x2x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x128xi32>, tensor<?x2xi32>
  return %o : tensor<?x2x128xf16>
}

func.func @returned(%q: tensor<?x2x!adamas.codes<128, 2>>, %codes: tensor<?x2x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>) -> (tensor<?x2x?xi32>, tensor<?x2x128xi32>) {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x2x!adamas.codes<128, 2>>, tensor<?x2x?x!adamas.codes<128, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x2x?xi32>
  return %d, %i : tensor<?x2x?xi32>, tensor<?x2x128xi32>
}
