// A kernel of parts has one number of them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: not adamas-opt %s --adamas-to-nvvm-pipeline="ways=4" 2>&1 | FileCheck %s
// CHECK: error: 'adamas.compact' op expects one number of parts in a kernel, but got 4 and 1
func.func @f(%query: tensor<?x8x64xf16>, %codes: tensor<?x8x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>, %c: tensor<?x8x1024xi32>) -> (tensor<?x8x128xi32>, tensor<?x8x128xi32>) {
  %y = adamas.hadamard %query : tensor<?x8x64xf16>
  %w = adamas.weigh %y : tensor<?x8x64xf32>
  %e = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x8x64xi8>, tensor<?x8x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x8x?xi32>
  %e2 = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x8x1024xi32>) : tensor<?x8x64xi8>, tensor<?x8x?x!adamas.codes<64, 2>>
  %i2, %m2 = adamas.topk %e2 seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x8x1024xi32>) budget 128 : tensor<?x8x1024xi32>
  return %i, %i2 : tensor<?x8x128xi32>, tensor<?x8x128xi32>
}
