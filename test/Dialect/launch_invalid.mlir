// What adamas.launch refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @unknown_kernel(%b: index) {
  // expected-error @below {{'adamas.launch' op expects '@f' to name a function}}
  adamas.launch @f grid(%b, %b, %b)
  return
}

// -----

module @not_a_function {
  func.func @launches_a_module(%b: index) {
    // expected-error @below {{expects '@m' to name a function}}
    adamas.launch @m grid(%b, %b, %b)
    return
  }
  module @m {
  }
}

// -----

func.func private @f(index, index, index, i32)

func.func @arguments_of_other_types(%b: index, %x: i64) {
  // expected-error @below {{expects '@f' to have type '(index, index, index, i64) -> ()', but got '(index, index, index, i32) -> ()'}}
  adamas.launch @f grid(%b, %b, %b) args(%x : i64)
  return
}

// -----

func.func private @f(index, index, index) -> i32

func.func @kernel_with_a_result(%b: index) {
  // expected-error @below {{expects '@f' to have type '(index, index, index) -> ()', but got '(index, index, index) -> i32'}}
  adamas.launch @f grid(%b, %b, %b)
  return
}

// -----

func.func private @f(index, index)

func.func @kernel_of_two_indices(%b: index) {
  // expected-error @below {{expects '@f' to have type '(index, index, index) -> ()', but got '(index, index) -> ()'}}
  adamas.launch @f grid(%b, %b, %b)
  return
}

// -----

func.func private @f(index, index, index)

func.func @grid_of_i64(%b: i64) {
  // expected-error @below {{operand #0 must be index, but got 'i64'}}
  "adamas.launch"(%b, %b, %b) <{kernel = @f}> : (i64, i64, i64) -> ()
  return
}
