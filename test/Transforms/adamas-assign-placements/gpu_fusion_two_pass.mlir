// A step of two passes: every distance has weights of its own, rotation included, in place of one set in global memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=9" -o %t
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=stages" | FileCheck %s --check-prefix=ONCE
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=selection" | FileCheck %s --check-prefix=ONCE
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=step" | FileCheck %s --check-prefix=STEP
// RUN: adamas-opt %s --adamas-open-pipeline --adamas-assign-placements="processor=gpu fusion=step" | FileCheck %s --check-prefix=WHOLE

// ONCE-LABEL: func.func @two_passes(
// ONCE: %[[W:.*]] = adamas.weigh {{.*}} in global :
// ONCE-NOT: adamas.weigh{{ }}
// ONCE: adamas.weighted_distance %[[W]], {{.*}} planes 1 in global :
// ONCE: adamas.weighted_distance %[[W]], {{.*}} candidates(

// STEP-LABEL: func.func @two_passes(
// STEP: %[[Y1:.*]] = adamas.hadamard
// STEP: %[[W1:.*]] = adamas.weigh %[[Y1]]
// STEP: %[[Y2:.*]] = adamas.hadamard
// STEP: %[[W2:.*]] = adamas.weigh %[[Y2]]
// STEP-NOT: adamas.hadamard
// STEP: adamas.weighted_distance %[[W2]], {{.*}} planes 1 in global :
// STEP: adamas.weighted_distance %[[W1]], {{.*}} candidates(

// One part, one kernel: the weights are near both passes.
// WHOLE-LABEL: func.func @two_passes(
// WHOLE: %[[W1:.*]] = adamas.weigh {{.*}} in shared :
// WHOLE: %[[W2:.*]] = adamas.weigh {{.*}} in shared :
// WHOLE: adamas.weighted_distance %[[W2]], {{.*}} planes 1 in cluster :
// WHOLE: adamas.histogram {{.*}} in cluster :
// WHOLE: adamas.weighted_distance %[[W1]], {{.*}} candidates({{.*}} in shared :
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
