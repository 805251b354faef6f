// What adamas.yield refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @outside_a_kernel() {
  // expected-error @below {{'adamas.yield' op expects parent op 'adamas.kernel'}}
  adamas.yield
}

// -----

func.func @not_at_the_end() {
  adamas.kernel row #adamas.cpu<16, words> {
    // expected-error @below {{'adamas.yield' op must be the last operation in the parent block}}
    adamas.yield
    adamas.yield
  }
  return
}

// -----

func.func @of_a_scalar(%x: i32) {
  adamas.kernel row #adamas.cpu<16, words> {
    // expected-error @below {{operand #0 must be variadic of ranked tensor of any type values, but got 'i32'}}
    adamas.yield %x : i32
  }
  return
}
