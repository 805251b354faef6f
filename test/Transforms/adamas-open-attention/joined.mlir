// Attention over a joined list takes the lists of the parts, so that no part waits for the others.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-attention | FileCheck %s
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention | FileCheck %s --check-prefix=OPEN

// CHECK-LABEL: func.func @parts(
// CHECK-SAME: %[[I:[a-z0-9]+]]: tensor<?x9x3x128xi32>, %[[M:[a-z0-9]+]]: tensor<?x9x3xi32>)
func.func @parts(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x3x128xi32>, %m: tensor<?x9x3xi32>) -> tensor<?x9x64xf16> {
  // CHECK: adamas.partial_attention %{{.*}} indices(%[[I]], %[[M]] : tensor<?x9x3x128xi32>, tensor<?x9x3xi32>)
  // CHECK: adamas.merge_attention %{{.*}} : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  %j, %l = adamas.join %i, %m : tensor<?x9x3x128xi32>, tensor<?x9x3xi32>
  %o = adamas.sparse_attention %q, %k, %k, %j, %l : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o : tensor<?x9x64xf16>
}

// The list of one join with the lengths of another is no join's list.
// CHECK-LABEL: func.func @no_parts_of_two_joins(
func.func @no_parts_of_two_joins(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x3x128xi32>, %m: tensor<?x9x3xi32>, %n: tensor<?x9x3xi32>) -> tensor<?x9x64xf16> {
  // CHECK: %[[J:.*]], %{{.*}} = adamas.join
  // CHECK: %{{.*}}, %[[L:.*]] = adamas.join
  // CHECK: adamas.add_part_axis %[[J]]
  // CHECK: adamas.add_part_axis %[[L]]
  %0, %1 = adamas.join %i, %m : tensor<?x9x3x128xi32>, tensor<?x9x3xi32>
  %2, %3 = adamas.join %i, %n : tensor<?x9x3x128xi32>, tensor<?x9x3xi32>
  %o = adamas.sparse_attention %q, %k, %k, %0, %3 : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o : tensor<?x9x64xf16>
}

// A top-k that is not open yet gives a list like any other.
// CHECK-LABEL: func.func @topk(
// OPEN-LABEL: func.func @topk(
func.func @topk(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %d: tensor<?x9x?xi32>) -> tensor<?x9x64xf16> {
  // CHECK: %[[I:.*]], %[[M:.*]] = adamas.topk
  // CHECK: adamas.add_part_axis %[[I]]
  // CHECK: adamas.add_part_axis %[[M]]
  // OPEN: %[[I:.*]], %[[M:.*]] = adamas.compact
  // OPEN-NOT: adamas.add_part_axis
  // OPEN: adamas.partial_attention %{{.*}} indices(%[[I]], %[[M]] :
  %i, %m = adamas.topk %d budget 16 bound 192 : tensor<?x9x?xi32>
  %o = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x16xi32>, tensor<?x9xi32>
  return %o : tensor<?x9x64xf16>
}
