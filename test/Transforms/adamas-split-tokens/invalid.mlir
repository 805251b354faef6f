// What the pass cannot divide: distances whose tokens it does not know.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-split-tokens=ways=3 -split-input-file -verify-diagnostics

func.func @histogram_of_distances_from_elsewhere(%d: tensor<?x9x?xi32>) -> tensor<?x9xi32> {
  // expected-error @below {{expects distances from a distance op to know the token axis that is divided}}
  %h = adamas.histogram %d bins 193 : tensor<?x9x?xi32>
  %t, %s = adamas.threshold %h need 15 : tensor<?x9x1x193xi32>
  return %t : tensor<?x9xi32>
}

// -----

func.func @compact_of_distances_from_elsewhere(%d: tensor<?x9x?xi32>, %t: tensor<?x9xi32>, %s: tensor<?x9x1xi32>) -> tensor<?x9x16xi32> {
  // expected-error @below {{expects distances from a distance op to know the token axis that is divided}}
  %i, %m = adamas.compact %d, %t, %s budget 16 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  %j, %n = adamas.join %i, %m : tensor<?x9x1x16xi32>, tensor<?x9x1xi32>
  return %j : tensor<?x9x16xi32>
}
