// A scan measures one distance, a selection has one number of rows, and thresholds are one set or one a KV head.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --convert-adamas-to-gpu


func.func @negative_two_distances(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<?x2x?xi32>, tensor<?x2x?xi32>) {
  %0:2 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    // expected-error @below {{'adamas.l1_distance' op expects one distance in a scan, but got a second}}
    %e = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) planes 1 in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d, %e : tensor<?x2x?xi32>, tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>, tensor<?x2x?xi32>
  return %0#0, %0#1 : tensor<?x2x?xi32>, tensor<?x2x?xi32>
}

// -----

func.func @negative_two_row_counts(%h: tensor<?x2x1x33xi32>, %g: tensor<?x6x1x33xi32>, %d: tensor<?x2x?xi32>, %e: tensor<?x6x?xi32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %q: tensor<?x2x!adamas.codes<32, 1>>, %n: tensor<?xi32>, %x: tensor<?x6x32xf32>, %k: tensor<?x2x?x32xf32>) -> (tensor<?x2x1x8xi32>, tensor<?x6x1x8xi32>, tensor<?x6x1xf32>) {
  %0:3 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    // expected-error @below {{'adamas.threshold' op expects one number of selections in a kernel, but got 1 and 3 for a KV head}}
    %u, %r = adamas.threshold %g need 7 in shared : tensor<?x6x1x33xi32>
    %j, %l = adamas.compact %e, %u, %r seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x6x?xi32>, tensor<?x6xi32>, tensor<?x6x1xi32>
    %o, %lse = adamas.partial_attention %x, %k, %k indices(%i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) in global : tensor<?x6x32xf32>, tensor<?x2x?x32xf32>
    adamas.yield %i, %j, %lse : tensor<?x2x1x8xi32>, tensor<?x6x1x8xi32>, tensor<?x6x1xf32>
  } : tensor<?x2x1x8xi32>, tensor<?x6x1x8xi32>, tensor<?x6x1xf32>
  return %0#0, %0#1, %0#2 : tensor<?x2x1x8xi32>, tensor<?x6x1x8xi32>, tensor<?x6x1xf32>
}

// -----

func.func @negative_sets(%x: tensor<?x6x32xf32>, %t: tensor<6x1xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<?x6x!adamas.codes<32, 1>>, tensor<?x6x?xi32>) {
  %0 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{'adamas.bucketize_pack' op expects one set of thresholds or one for each of the 2 KV heads on this target, but got 6}}
    %q = adamas.bucketize_pack %x thresholds(%t : tensor<6x1xf32>) in global : tensor<?x6x32xf32>
    adamas.yield %q : tensor<?x6x!adamas.codes<32, 1>>
  } : tensor<?x6x!adamas.codes<32, 1>>
  %1 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %0, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x6x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x6x?xi32>
  } : tensor<?x6x?xi32>
  return %0, %1 : tensor<?x6x!adamas.codes<32, 1>>, tensor<?x6x?xi32>
}
