// Distances that only the histogram of the same scan takes are never stored.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-assign-placements="processor=gpu" | FileCheck %s
// RUN: adamas-opt %s --adamas-assign-placements="processor=cpu" | FileCheck %s --check-prefix=CPU

// CHECK-LABEL: func.func @counts(
// CHECK: adamas.l1_distance {{.*}} in registers :
// CHECK: adamas.histogram {{.*}} in global :
// CPU-LABEL: func.func @counts(
// CPU: adamas.l1_distance {{.*}} in shared :
func.func @counts(%q: tensor<?x3x!adamas.codes<64, 1>>, %c: tensor<?x3x?x!adamas.codes<64, 1>>, %n: tensor<?xi32>) -> tensor<?x3x1x65xi32> {
  %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 1>>, tensor<?x3x?x!adamas.codes<64, 1>>
  %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 65 : tensor<?x3x?xi32>
  return %h : tensor<?x3x1x65xi32>
}
