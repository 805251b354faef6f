// A kernel of parts has one number of them: a selection that is not divided shares no kernel with one that is.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu -verify-diagnostics

func.func @f(%h: tensor<?x2x4x33xi32>, %h1: tensor<?x2x1x33xi32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> (tensor<?x2x4x8xi32>, tensor<?x2x1x8xi32>) {
  %p = adamas.partition %c ways 4 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x4x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) parts(%p : tensor<5xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x4xi32>
    %t1, %s1 = adamas.threshold %h1 need 7 in shared : tensor<?x2x1x33xi32>
    // expected-error @below {{'adamas.compact' op expects one number of parts in a kernel, but got 4 and 1}}
    %i1, %m1 = adamas.compact %d, %t1, %s1 seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i, %i1 : tensor<?x2x4x8xi32>, tensor<?x2x1x8xi32>
  } : tensor<?x2x4x8xi32>, tensor<?x2x1x8xi32>
  return %0#0, %0#1 : tensor<?x2x4x8xi32>, tensor<?x2x1x8xi32>
}
