// A function is one block with one KV head count; parts are whole tiles, because each writes its distances a tile at a time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --convert-adamas-to-vector

func.func @two_head_counts(%q: tensor<?x6x!adamas.codes<32, 1>>, %a: tensor<?x2x?x!adamas.codes<32, 1>>, %b: tensor<?x3x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<?x6x?xi32>, tensor<?x6x?xi32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %a seq_lens(%n : tensor<?xi32>) in global : tensor<?x6x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    // expected-error @below {{'adamas.l1_distance' op expects one KV head count in a function, but got 2 and 3}}
    %e = adamas.l1_distance %q, %b seq_lens(%n : tensor<?xi32>) in global : tensor<?x6x!adamas.codes<32, 1>>, tensor<?x3x?x!adamas.codes<32, 1>>
    adamas.yield %d, %e : tensor<?x6x?xi32>, tensor<?x6x?xi32>
  } : tensor<?x6x?xi32>, tensor<?x6x?xi32>
  return %0#0, %0#1 : tensor<?x6x?xi32>, tensor<?x6x?xi32>
}

// -----

func.func @attention_counts_too(%q: tensor<?x6x32xf32>, %a: tensor<?x2x?x32xf32>, %b: tensor<?x3x?x32xf32>, %n: tensor<?xi32>) -> (tensor<?x6x1xf32>, tensor<?x6x1xf32>) {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    %o, %l = adamas.partial_attention %q, %a, %a seq_lens(%n : tensor<?xi32>) in global : tensor<?x6x32xf32>, tensor<?x2x?x32xf32>
    // expected-error @below {{'adamas.partial_attention' op expects one KV head count in a function, but got 2 and 3}}
    %p, %m = adamas.partial_attention %q, %b, %b seq_lens(%n : tensor<?xi32>) in global : tensor<?x6x32xf32>, tensor<?x3x?x32xf32>
    adamas.yield %l, %m : tensor<?x6x1xf32>, tensor<?x6x1xf32>
  } : tensor<?x6x1xf32>, tensor<?x6x1xf32>
  return %0#0, %0#1 : tensor<?x6x1xf32>, tensor<?x6x1xf32>
}

// -----

// expected-error @below {{expects a function of one block, but got 2}}
func.func @two_blocks(%x: tensor<?x2x32xf32>) -> tensor<?x2x32xf32> {
  cf.br ^bb1
^bb1:
  return %x : tensor<?x2x32xf32>
}

// -----

func.func @boundaries(%q: tensor<?x2x32xf32>, %k: tensor<?x2x?x32xf32>, %n: tensor<?xi32>) -> tensor<?x2x2xf32> {
  // expected-error @below {{'arith.constant' op expects boundaries of whole tiles of 16 tokens on this target, but got 50}}
  %p = arith.constant dense<[0, 50, 4096]> : tensor<3xi32>
  %0 = adamas.kernel part #adamas.cpu<16, words> {
    %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) in global : tensor<?x2x32xf32>, tensor<?x2x?x32xf32>
    adamas.yield %lse : tensor<?x2x2xf32>
  } : tensor<?x2x2xf32>
  return %0 : tensor<?x2x2xf32>
}

// -----

func.func @tile(%q: tensor<?x2x32xf32>, %k: tensor<?x2x?x32xf32>, %n: tensor<?xi32>) -> tensor<?x2x2xf32> {
  // expected-error @below {{'adamas.partition' op expects 'tile' to be whole tiles of 16 tokens on this target, but got 8}}
  %p = adamas.partition %k ways 2 tile 8 : tensor<?x2x?x32xf32>
  %0 = adamas.kernel part #adamas.cpu<16, words> {
    %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) in global : tensor<?x2x32xf32>, tensor<?x2x?x32xf32>
    adamas.yield %lse : tensor<?x2x2xf32>
  } : tensor<?x2x2xf32>
  return %0 : tensor<?x2x2xf32>
}
