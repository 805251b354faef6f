// Form 2 passes unchanged, divided or not.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -o %t.before
// RUN: adamas-opt %s --adamas-verify-staged-form | diff %t.before -
// RUN: adamas-opt %examples/decode_two_pass.mlir --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=5" -o %t.open
// RUN: adamas-opt %t.open --adamas-verify-staged-form | diff %t.open -

func.func @divided(%d: tensor<?x3x?xi32>, %n: tensor<?xi32>, %p: tensor<3xi32>) -> (tensor<?x3x8xi32>, tensor<?x3xi32>) {
  %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) bins 65 sink 1 : tensor<?x3x?xi32>
  %t, %skip = adamas.threshold %h need 6 : tensor<?x3x2x65xi32>
  %i, %m = adamas.compact %d, %t, %skip seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) budget 8 sink 1 : tensor<?x3x?xi32>, tensor<?x3xi32>, tensor<?x3x2xi32>
  %all, %l = adamas.join %i, %m : tensor<?x3x2x8xi32>, tensor<?x3x2xi32>
  return %all, %l : tensor<?x3x8xi32>, tensor<?x3xi32>
}

// A threshold from elsewhere has no histogram to agree with.
func.func @given_threshold(%d: tensor<?x3x?xi32>, %t: tensor<?x3xi32>, %skip: tensor<?x3x1xi32>) -> (tensor<?x3x1x8xi32>, tensor<?x3x1xi32>) {
  %i, %m = adamas.compact %d, %t, %skip budget 8 : tensor<?x3x?xi32>, tensor<?x3xi32>, tensor<?x3x1xi32>
  return %i, %m : tensor<?x3x1x8xi32>, tensor<?x3x1xi32>
}
