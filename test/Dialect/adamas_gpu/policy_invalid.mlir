// What adamas_gpu.policy refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @result_is_i32() {
  // expected-error @below {{'adamas_gpu.policy' op result #0 must be 64-bit signless integer, but got 'i32'}}
  %p = "adamas_gpu.policy"() : () -> i32
  return
}
