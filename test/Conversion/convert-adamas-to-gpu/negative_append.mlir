// Pools are written in place: nothing reads what they held before.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu -verify-diagnostics

func.func @reads_the_pool_before(%k: tensor<?x2x32xf16>, %s: tensor<?xi32>, %key: tensor<?x2x16x32xf16>, %codes: tensor<?x2x16x!adamas.codes<32, 1>>, %table: tensor<?x?xi32>, %t: tensor<1xf32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x1x33xi32> {
  // expected-error @below {{'adamas.append' op expects the pools that it writes to be read as its results on this target, but one is used by 'adamas.paged_view' as it was before}}
  %0:3 = adamas.append %k, %k at %s into %key, %key, %codes thresholds(%t : tensor<1xf32>) : tensor<?x2x32xf16>, tensor<?xi32>, tensor<?x2x16x32xf16>, tensor<?x2x16x!adamas.codes<32, 1>>
  %view = adamas.paged_view %codes, %table : tensor<?x2x16x!adamas.codes<32, 1>>, tensor<?x?xi32>
  %1 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %view seq_lens(%n : tensor<?xi32>) in registers : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 33 in global : tensor<?x2x?xi32>
    adamas.yield %h : tensor<?x2x1x33xi32>
  } : tensor<?x2x1x33xi32>
  return %1 : tensor<?x2x1x33xi32>
}
