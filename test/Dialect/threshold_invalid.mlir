// What adamas.threshold refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @sel_6_need_is_negative(%h: tensor<?x9x3x193xi32>) {
  // expected-error @below {{'adamas.threshold' op expects 'need' to be from 0 to 2147483647, but got -1}}
  %t, %s = adamas.threshold %h need -1 : tensor<?x9x3x193xi32>
  return
}

// -----

func.func @sel_6_need_exceeds_i32(%h: tensor<?x9x3x193xi32>) {
  // expected-error @below {{expects 'need' to be from 0 to 2147483647, but got 2147483648}}
  %t, %s = adamas.threshold %h need 2147483648 : tensor<?x9x3x193xi32>
  return
}

// -----

func.func @sel_6_dynamic_bins(%h: tensor<?x9x3x?xi32>) {
  // expected-error @below {{expects 'histogram' to have a static number of bins, 1 or more, but got ?}}
  %t, %s = adamas.threshold %h need 8 : tensor<?x9x3x?xi32>
  return
}

// -----

func.func @sel_6_no_bin(%h: tensor<?x9x3x0xi32>) {
  // expected-error @below {{expects 'histogram' to have a static number of bins, 1 or more, but got 0}}
  %t, %s = adamas.threshold %h need 8 : tensor<?x9x3x0xi32>
  return
}

// -----

func.func @sel_6_histogram_of_rank_3(%h: tensor<?x9x193xi32>) {
  // expected-error @below {{expects 'histogram' to have rank 4 or, with query tokens, 5, but got rank 3}}
  %t, %s = adamas.threshold %h need 8 : tensor<?x9x193xi32>
  return
}

// -----

func.func @sel_6_dynamic_parts(%h: tensor<?x9x?x193xi32>) {
  // expected-error @below {{expects the parts of 'histogram' to be static and positive, but got ?}}
  %t, %s = adamas.threshold %h need 8 : tensor<?x9x?x193xi32>
  return
}

// -----

func.func @sel_6_no_part(%h: tensor<?x9x0x193xi32>) {
  // expected-error @below {{expects the parts of 'histogram' to be static and positive, but got 0}}
  %t, %s = adamas.threshold %h need 8 : tensor<?x9x0x193xi32>
  return
}

// -----

func.func @nq_1_9_query_tokens(%h: tensor<?x9x9x1x193xi32>) {
  // expected-error @below {{expects the query tokens of 'histogram' to be static, from 1 to 8, but got 9}}
  %t, %s = adamas.threshold %h need 8 : tensor<?x9x9x1x193xi32>
  return
}

// -----

func.func @nq_1_dynamic_selections(%h: tensor<?x?x1x193xi32>) {
  // expected-error @below {{expects the head count of 'histogram' to be static and positive, but got ?}}
  %t, %s = adamas.threshold %h need 8 : tensor<?x?x1x193xi32>
  return
}

// -----

func.func @result_of_other_parts(%h: tensor<?x9x3x193xi32>) {
  // expected-error @below {{expects results of type 'tensor<?x9xi32>', 'tensor<?x9x3xi32>', but got 'tensor<?x9xi32>', 'tensor<?x9xi32>'}}
  %t, %s = "adamas.threshold"(%h) <{need = 8 : i64}> : (tensor<?x9x3x193xi32>) -> (tensor<?x9xi32>, tensor<?x9xi32>)
  return
}
