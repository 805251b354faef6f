// What adamas_gpu.program refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{'adamas_gpu.program' op expects region #0 to have 0 or 1 blocks}}
"adamas_gpu.program"() <{bytes = 0 : i64, sym_name = "two_blocks"}> ({
^bb0:
^bb1:
}) : () -> ()

// -----

// expected-note @below {{see existing symbol definition here}}
adamas_gpu.program @twice block 0 {
}
// expected-error @below {{redefinition of symbol named 'twice'}}
adamas_gpu.program @twice block 0 {
}

// -----

func.func @outside() {
  // expected-error @below {{'adamas_gpu.value' op expects parent op 'adamas_gpu.program'}}
  adamas_gpu.value "x" argument f16 [4] at 0 dense 1 align 2
  return
}
