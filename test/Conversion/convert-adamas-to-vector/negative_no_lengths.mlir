// Lengths are read at run time: every op that ranges over tokens needs them on this target.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --convert-adamas-to-vector

func.func @l1(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    // expected-error @below {{'adamas.l1_distance' op expects 'seq_lens' on this target, but got none}}
    %d = adamas.l1_distance %q, %c in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// -----

func.func @weighted(%w: tensor<?x2x32xi8>, %c: tensor<?x2x?x!adamas.codes<32, 1>>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    // expected-error @below {{'adamas.weighted_distance' op expects 'seq_lens' on this target, but got none}}
    %d = adamas.weighted_distance %w, %c in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// -----

func.func @histogram(%d: tensor<?x2x?xi32>) -> tensor<?x2x1x33xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    // expected-error @below {{'adamas.histogram' op expects 'seq_lens' on this target, but got none}}
    %h = adamas.histogram %d bins 33 in global : tensor<?x2x?xi32>
    adamas.yield %h : tensor<?x2x1x33xi32>
  } : tensor<?x2x1x33xi32>
  return %0 : tensor<?x2x1x33xi32>
}

// -----

func.func @compact(%d: tensor<?x2x?xi32>, %t: tensor<?x2xi32>, %skip: tensor<?x2x1xi32>) -> tensor<?x2x1x8xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    // expected-error @below {{'adamas.compact' op expects 'seq_lens' on this target, but got none}}
    %i, %m = adamas.compact %d, %t, %skip budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}
