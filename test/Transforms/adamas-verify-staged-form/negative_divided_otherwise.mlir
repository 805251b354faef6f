// A compaction and the histogram behind its threshold see the same distances, parts, candidates and forced tokens.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --adamas-verify-staged-form

func.func @parts(%d: tensor<?x3x?xi32>, %n: tensor<?xi32>, %p: tensor<3xi32>, %r: tensor<3xi32>) -> tensor<?x3x2xi32> {
  // expected-note @below {{the histogram is here; this is likely due to a missing case in 'adamas-split-tokens'}}
  %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) bins 65 : tensor<?x3x?xi32>
  %t, %skip = adamas.threshold %h need 7 : tensor<?x3x2x65xi32>
  // expected-error @below {{'adamas.compact' op expects the distances, parts, candidates and forced tokens of the histogram behind its threshold}}
  %i, %m = adamas.compact %d, %t, %skip seq_lens(%n : tensor<?xi32>) parts(%r : tensor<3xi32>) budget 8 : tensor<?x3x?xi32>, tensor<?x3xi32>, tensor<?x3x2xi32>
  return %m : tensor<?x3x2xi32>
}

// -----

func.func @distances(%d: tensor<?x3x?xi32>, %e: tensor<?x3x?xi32>) -> tensor<?x3x1xi32> {
  // expected-note @below {{the histogram is here}}
  %h = adamas.histogram %d bins 65 : tensor<?x3x?xi32>
  %t, %skip = adamas.threshold %h need 7 : tensor<?x3x1x65xi32>
  // expected-error @below {{expects the distances, parts, candidates and forced tokens of the histogram behind its threshold}}
  %i, %m = adamas.compact %e, %t, %skip budget 8 : tensor<?x3x?xi32>, tensor<?x3xi32>, tensor<?x3x1xi32>
  return %m : tensor<?x3x1xi32>
}

// -----

func.func @candidates(%d: tensor<?x3x16xi32>, %n: tensor<?xi32>, %a: tensor<?x3x16xi32>, %b: tensor<?x3x16xi32>) -> tensor<?x3x1xi32> {
  // expected-note @below {{the histogram is here}}
  %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) candidates(%a : tensor<?x3x16xi32>) bins 65 : tensor<?x3x16xi32>
  %t, %skip = adamas.threshold %h need 7 : tensor<?x3x1x65xi32>
  // expected-error @below {{expects the distances, parts, candidates and forced tokens of the histogram behind its threshold}}
  %i, %m = adamas.compact %d, %t, %skip seq_lens(%n : tensor<?xi32>) candidates(%b : tensor<?x3x16xi32>) budget 8 : tensor<?x3x16xi32>, tensor<?x3xi32>, tensor<?x3x1xi32>
  return %m : tensor<?x3x1xi32>
}

// -----

func.func @sink(%d: tensor<?x3x?xi32>) -> tensor<?x3x1xi32> {
  // expected-note @below {{the histogram is here}}
  %h = adamas.histogram %d bins 65 sink 2 : tensor<?x3x?xi32>
  %t, %skip = adamas.threshold %h need 5 : tensor<?x3x1x65xi32>
  // expected-error @below {{expects the distances, parts, candidates and forced tokens of the histogram behind its threshold}}
  %i, %m = adamas.compact %d, %t, %skip budget 8 sink 1 : tensor<?x3x?xi32>, tensor<?x3xi32>, tensor<?x3x1xi32>
  return %m : tensor<?x3x1xi32>
}

// -----

func.func @recent(%d: tensor<?x3x?xi32>) -> tensor<?x3x1xi32> {
  // expected-note @below {{the histogram is here}}
  %h = adamas.histogram %d bins 65 recent 2 : tensor<?x3x?xi32>
  %t, %skip = adamas.threshold %h need 6 : tensor<?x3x1x65xi32>
  // expected-error @below {{expects the distances, parts, candidates and forced tokens of the histogram behind its threshold}}
  %i, %m = adamas.compact %d, %t, %skip budget 8 recent 1 : tensor<?x3x?xi32>, tensor<?x3xi32>, tensor<?x3x1xi32>
  return %m : tensor<?x3x1xi32>
}
