// CTAs of a cluster are the parts of a row, all of them and no more.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --convert-adamas-to-gpu

func.func @negative_cluster_of_half_the_parts(%x: tensor<?x2x32xf32>, %k: tensor<?x2x?x32xf32>, %n: tensor<?xi32>) -> tensor<?x2x32xf32> {
  %p = adamas.partition %k ways 4 : tensor<?x2x?x32xf32>
  // expected-error @below {{'adamas.kernel' op expects a cluster of its 4 parts, but got 2}}
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2> {
    %o, %lse = adamas.partial_attention %x, %k, %k seq_lens(%n : tensor<?xi32>) parts(%p : tensor<5xi32>) in cluster : tensor<?x2x32xf32>, tensor<?x2x?x32xf32>
    %y, %z = adamas.merge_attention %o, %lse to f32 in global : tensor<?x2x4x32xf32>, tensor<?x2x4xf32>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  return %0 : tensor<?x2x32xf32>
}

// -----

func.func @negative_cluster_of_one_part(%x: tensor<?x2x32xf32>, %k: tensor<?x2x?x32xf32>, %n: tensor<?xi32>) -> tensor<?x2x1x32xf32> {
  // expected-error @below {{'adamas.kernel' op expects a cluster of its 1 parts, but got 2}}
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2> {
    %o, %lse = adamas.partial_attention %x, %k, %k seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xf32>, tensor<?x2x?x32xf32>
    adamas.yield %o : tensor<?x2x1x32xf32>
  } : tensor<?x2x1x32xf32>
  return %0 : tensor<?x2x1x32xf32>
}
