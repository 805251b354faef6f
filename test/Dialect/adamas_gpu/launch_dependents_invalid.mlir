// What adamas_gpu.launch_dependents refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @an_operand(%x: i32) {
  // expected-error @below {{'adamas_gpu.launch_dependents' op requires zero operands}}
  "adamas_gpu.launch_dependents"(%x) : (i32) -> ()
  return
}
