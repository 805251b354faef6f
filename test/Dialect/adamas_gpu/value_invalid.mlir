// What adamas_gpu.value refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

adamas_gpu.program @p block 112 {
  // expected-error @below {{'adamas_gpu.value' op expects 'extent' where, and only where, the role is workspace}}
  adamas_gpu.value "b" workspace i32 [-1] at 0 dense 1 align 4
}

// -----

adamas_gpu.program @p block 112 {
  adamas_gpu.value "codes" argument i32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
  // expected-error @below {{'adamas_gpu.value' op expects 'extent' where, and only where, the role is workspace}}
  adamas_gpu.value "b" result i32 [-1] at 88 dense 1 align 4 extent affine_map<()[s0] -> (s0)> [0, 0]
}

// -----

adamas_gpu.program @p block 112 {
  adamas_gpu.value "codes" argument i32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
  // expected-error @below {{'adamas_gpu.value' op expects 'extent' to give 1 sizes, but got 2}}
  adamas_gpu.value "b" workspace i32 [-1] at 88 dense 1 align 4 extent affine_map<()[s0] -> (s0, 4)> [0, 0]
}

// -----

adamas_gpu.program @p block 112 {
  adamas_gpu.value "codes" argument i32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
  // expected-error @below {{'adamas_gpu.value' op expects a map of symbols only and a pair (value, axis) for each, but got 1 dims, 0 symbols and 0 numbers}}
  adamas_gpu.value "b" workspace i32 [-1] at 88 dense 1 align 4 extent affine_map<(d0) -> (d0)> []
}

// -----

adamas_gpu.program @p block 112 {
  adamas_gpu.value "codes" argument i32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
  // expected-error @below {{'adamas_gpu.value' op expects a map of symbols only and a pair (value, axis) for each, but got 0 dims, 1 symbols and 1 numbers}}
  adamas_gpu.value "b" workspace i32 [-1] at 88 dense 1 align 4 extent affine_map<()[s0] -> (s0)> [0]
}

// -----

adamas_gpu.program @p block 112 {
  adamas_gpu.value "codes" argument i32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
  // expected-error @below {{'adamas_gpu.value' op expects symbol 1 to name an axis of a value of the program, but got (2, 0)}}
  adamas_gpu.value "b" workspace i32 [-1] at 88 dense 1 align 4 extent affine_map<()[s0, s1] -> (s0 + s1)> [0, 0, 2, 0]
}

// -----

adamas_gpu.program @p block 112 {
  adamas_gpu.value "codes" argument i32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
  // expected-error @below {{'adamas_gpu.value' op expects symbol 0 to name an axis of a value of the program, but got (0, 5)}}
  adamas_gpu.value "b" workspace i32 [-1] at 88 dense 1 align 4 extent affine_map<()[s0] -> (s0)> [0, 5]
}

// -----

adamas_gpu.program @p block 112 {
  adamas_gpu.value "codes" argument i32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
  // expected-error @below {{'adamas_gpu.value' op expects symbol 0 to name an axis of a value of the program, but got (-1, 0)}}
  adamas_gpu.value "b" workspace i32 [-1] at 88 dense 1 align 4 extent affine_map<()[s0] -> (s0)> [-1, 0]
}

// -----

adamas_gpu.program @p block 80 {
  // expected-error @below {{'adamas_gpu.value' op expects to end within the block's 80 bytes, but ends at 88}}
  adamas_gpu.value "codes" argument i32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
}

// -----

adamas_gpu.program @p block 112 {
  // expected-error @below {{'adamas_gpu.value' op expects to end within the block's 112 bytes, but ends at 16}}
  adamas_gpu.value "x" argument i32 [-1] at -8 dense 1 align 4
}

// -----

adamas_gpu.program @p block 112 {
  // expected-error @below {{expected ::mlir::adamas_gpu::Role to be one of: argument, result, workspace}}
  // expected-error @below {{failed to parse AdamasGPU_RoleAttr parameter 'value'}}
  adamas_gpu.value "x" operand i32 [-1] at 0 dense 1 align 4
}
