// Ways, tiles and explicit boundaries; one way leaves a module as it is.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-split-tokens | FileCheck %s --check-prefix=ONE
// RUN: adamas-opt %s --adamas-split-tokens=ways=1 | FileCheck %s --check-prefix=ONE
// RUN: adamas-opt %s --adamas-split-tokens=ways=64 | FileCheck %s --check-prefix=WAYS
// RUN: adamas-opt %s --adamas-split-tokens="ways=2 tile=1" | FileCheck %s --check-prefix=TILE
// RUN: adamas-opt %s --adamas-split-tokens=boundaries=0,0,7,7,2147483647 | FileCheck %s --check-prefix=LIST
// RUN: adamas-opt %s --adamas-split-tokens=boundaries=0,0 | FileCheck %s --check-prefix=EMPTY
// RUN: adamas-opt %s --adamas-split-tokens=ways=2 --adamas-split-tokens=boundaries=0,4,8,16 | FileCheck %s --check-prefix=AGAIN

// ONE-LABEL: func.func @select(
// ONE-NOT: adamas.partition
// ONE: adamas.histogram %{{[a-z0-9]+}} bins 193
// ONE: tensor<?x9x1x193xi32>

// WAYS-LABEL: func.func @select(
// WAYS: %[[P:.*]] = adamas.partition %{{[a-z0-9]+}} ways 64 :
// WAYS: adamas.histogram %{{[a-z0-9]+}} parts(%[[P]] : tensor<65xi32>)
// WAYS: adamas.threshold %{{[a-z0-9]+}} need 15 : tensor<?x9x64x193xi32>

// TILE-LABEL: func.func @select(
// TILE: adamas.partition %{{[a-z0-9]+}} ways 2 tile 1 :

// LIST-LABEL: func.func @select(
// LIST: %[[P:.*]] = arith.constant dense<[0, 0, 7, 7, 2147483647]> : tensor<5xi32>
// LIST-NOT: adamas.partition
// LIST: adamas.histogram %{{[a-z0-9]+}} parts(%[[P]] : tensor<5xi32>)
// LIST: adamas.threshold %{{[a-z0-9]+}} need 15 : tensor<?x9x4x193xi32>

// EMPTY-LABEL: func.func @select(
// EMPTY: arith.constant dense<0> : tensor<2xi32>
// EMPTY: adamas.threshold %{{[a-z0-9]+}} need 15 : tensor<?x9x1x193xi32>

// A second division takes the place of the first.
// AGAIN-LABEL: func.func @select(
// AGAIN: %[[P:.*]] = arith.constant dense<[0, 4, 8, 16]> : tensor<4xi32>
// AGAIN: adamas.histogram %{{[a-z0-9]+}} parts(%[[P]] : tensor<4xi32>)
// AGAIN: adamas.threshold %{{[a-z0-9]+}} need 15 : tensor<?x9x3x193xi32>
func.func @select(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) -> tensor<?x9xi32> {
  %d = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %h = adamas.histogram %d bins 193 : tensor<?x9x?xi32>
  %t, %s = adamas.threshold %h need 15 : tensor<?x9x1x193xi32>
  return %t : tensor<?x9xi32>
}
