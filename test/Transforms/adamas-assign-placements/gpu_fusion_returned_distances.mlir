// Distances that the function returns are a scan's, under every way of fusing, and it counts them: so the histogram is not a cluster's.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" -o %t
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=selection" | FileCheck %s
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=step" | FileCheck %s

// CHECK-LABEL: func.func @returned_distances(
// CHECK: adamas.l1_distance {{.*}} in global :
// CHECK: adamas.histogram {{.*}} in global :
func.func @returned_distances(%q: tensor<?x3x!adamas.codes<64, 2>>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> (tensor<?x3x?xi32>, tensor<?x3x128xi32>) {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  return %d, %i : tensor<?x3x?xi32>, tensor<?x3x128xi32>
}
