// RUN: adamas-opt --convert-adamas-to-gpu --split-input-file --verify-diagnostics %s
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

func.func @parts(%q: tensor<?x2x!adamas.codes<64, 2>>, %k: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %p: tensor<3xi32>) -> tensor<?x2x2x193xi32> {
  %0:2 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %k seq_lens(%n : tensor<?xi32>) in registers : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    // expected-error @below {{expects 'parts' to be made by 'adamas.partition' on this target}}
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) bins 193 in global : tensor<?x2x?xi32>
    adamas.yield %h, %h : tensor<?x2x2x193xi32>, tensor<?x2x2x193xi32>
  } : tensor<?x2x2x193xi32>, tensor<?x2x2x193xi32>
  return %0#0 : tensor<?x2x2x193xi32>
}

// -----

func.func @given(%d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> tensor<?x2x1x193xi32> {
  // expected-error @below {{expects distances of all tokens to be counted where they are measured on this target, but got them from outside; give the codes instead}}
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 193 in global : tensor<?x2x?xi32>
    adamas.yield %h : tensor<?x2x1x193xi32>
  } : tensor<?x2x1x193xi32>
  return %0 : tensor<?x2x1x193xi32>
}

// -----

// expected-error @below {{expects every function to have a body on this target, but '@declared' is a declaration}}
func.func private @declared(tensor<?xi32>)
