// What adamas_gpu.wait_grid refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @an_operand(%x: i32) {
  // expected-error @below {{'adamas_gpu.wait_grid' op requires zero operands}}
  "adamas_gpu.wait_grid"(%x) : (i32) -> ()
  return
}
