// What adamas_gpu.exp2 refuses: the hardware has it for f32.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @operand_is_f64(%x: f64) {
  // expected-error @below {{'adamas_gpu.exp2' op operand #0 must be 32-bit float, but got 'f64'}}
  %y = "adamas_gpu.exp2"(%x) : (f64) -> f32
  return
}
