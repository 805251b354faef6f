// What adamas.add_part_axis refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @result_of_2_parts(%i: tensor<?x9x128xi32>) {
  // expected-error @below {{'adamas.add_part_axis' op expects the result to be 'input' with an axis of length 1 for the parts, ?x9x1x128 or ?x9x128x1, but got ?x9x2x128}}
  %0 = adamas.add_part_axis %i : tensor<?x9x128xi32> -> tensor<?x9x2x128xi32>
  return
}

// -----

func.func @axis_at_the_front(%i: tensor<?x9x128xi32>) {
  // expected-error @below {{?x9x1x128 or ?x9x128x1, but got 1x?x9x128}}
  %0 = adamas.add_part_axis %i : tensor<?x9x128xi32> -> tensor<1x?x9x128xi32>
  return
}

// -----

func.func @result_of_other_sizes(%i: tensor<?x9x128xi32>) {
  // expected-error @below {{?x9x1x128 or ?x9x128x1, but got 2x9x1x128}}
  %0 = adamas.add_part_axis %i : tensor<?x9x128xi32> -> tensor<2x9x1x128xi32>
  return
}

// -----

func.func @no_axis(%i: tensor<?x9xi32>) {
  // expected-error @below {{?x1x9 or ?x9x1, but got ?x9}}
  %0 = adamas.add_part_axis %i : tensor<?x9xi32> -> tensor<?x9xi32>
  return
}

// -----

func.func @input_of_rank_0(%i: tensor<i32>) {
  // expected-error @below {{expects 'input' to be a list of rank 3 or 4 or its lengths, of rank 2 or 3, but got rank 0}}
  %0 = adamas.add_part_axis %i : tensor<i32> -> tensor<1xi32>
  return
}

// -----

func.func @input_of_rank_5(%i: tensor<1x1x1x1x1xi32>) {
  // expected-error @below {{or its lengths, of rank 2 or 3, but got rank 5}}
  %0 = adamas.add_part_axis %i : tensor<1x1x1x1x1xi32> -> tensor<1x1x1x1x1x1xi32>
  return
}

// -----

func.func @input_is_i64(%i: tensor<?x9xi64>) {
  // expected-error @below {{operand #0 must be ranked tensor of 32-bit signless integer values, but got 'tensor<?x9xi64>'}}
  %0 = adamas.add_part_axis %i : tensor<?x9xi64> -> tensor<?x9x1xi64>
  return
}
