// Lengths are read on the device: every op that ranges over tokens needs them on this target.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --convert-adamas-to-gpu


func.func @negative_l1(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{'adamas.l1_distance' op expects 'seq_lens' on this target, but got none}}
    %d = adamas.l1_distance %q, %c in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// -----

func.func @negative_weighted(%w: tensor<?x2x32xi8>, %c: tensor<?x2x?x!adamas.codes<32, 1>>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    // expected-error @below {{'adamas.weighted_distance' op expects 'seq_lens' on this target, but got none}}
    %d = adamas.weighted_distance %w, %c in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// -----

func.func @negative_compact(%d: tensor<?x2x?xi32>, %h: tensor<?x2x1x33xi32>) -> tensor<?x2x1x8xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %skip = adamas.threshold %h need 7 in shared : tensor<?x2x1x33xi32>
    // expected-error @below {{'adamas.compact' op expects 'seq_lens' on this target, but got none}}
    %i, %m = adamas.compact %d, %t, %skip budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}
