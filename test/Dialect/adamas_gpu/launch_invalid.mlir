// What adamas_gpu.launch refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

gpu.module @kernels {
  llvm.func @k(!llvm.ptr)
}
adamas_gpu.program @p block 24 {
  adamas_gpu.value "x" argument f32 [-1] at 0 dense 1 align 4
  // expected-error @below {{'adamas_gpu.launch' op expects 'grid' to give 3 sizes, but got 2}}
  adamas_gpu.launch @kernels::@k grid affine_map<()[s0] -> (s0, 1)> [0, 0] threads 32 shared 0
}

// -----

gpu.module @kernels {
  llvm.func @k(!llvm.ptr)
}
adamas_gpu.program @p block 24 {
  adamas_gpu.value "x" argument f32 [-1] at 0 dense 1 align 4
  // expected-error @below {{'adamas_gpu.launch' op expects 'threads' to be whole warps of 32 up to 1024, but got 0}}
  adamas_gpu.launch @kernels::@k grid affine_map<()[s0] -> (s0, 1, 1)> [0, 0] threads 0 shared 0
}

// -----

gpu.module @kernels {
  llvm.func @k(!llvm.ptr)
}
adamas_gpu.program @p block 24 {
  adamas_gpu.value "x" argument f32 [-1] at 0 dense 1 align 4
  // expected-error @below {{'adamas_gpu.launch' op expects 'threads' to be whole warps of 32 up to 1024, but got 48}}
  adamas_gpu.launch @kernels::@k grid affine_map<()[s0] -> (s0, 1, 1)> [0, 0] threads 48 shared 0
}

// -----

gpu.module @kernels {
  llvm.func @k(!llvm.ptr)
}
adamas_gpu.program @p block 24 {
  adamas_gpu.value "x" argument f32 [-1] at 0 dense 1 align 4
  // expected-error @below {{'adamas_gpu.launch' op expects 'threads' to be whole warps of 32 up to 1024, but got 1056}}
  adamas_gpu.launch @kernels::@k grid affine_map<()[s0] -> (s0, 1, 1)> [0, 0] threads 1056 shared 0
}

// -----

gpu.module @kernels {
  llvm.func @k(!llvm.ptr)
}
adamas_gpu.program @p block 24 {
  adamas_gpu.value "x" argument f32 [-1] at 0 dense 1 align 4
  // expected-error @below {{'adamas_gpu.launch' op expects a map of symbols only and a pair (value, axis) for each, but got 0 dims, 1 symbols and 0 numbers}}
  adamas_gpu.launch @kernels::@k grid affine_map<()[s0] -> (s0, 1, 1)> [] threads 32 shared 0
}

// -----

gpu.module @kernels {
  llvm.func @k(!llvm.ptr)
}
adamas_gpu.program @p block 24 {
  adamas_gpu.value "x" argument f32 [-1] at 0 dense 1 align 4
  // expected-error @below {{'adamas_gpu.launch' op expects symbol 0 to name an axis of a value of the program, but got (0, 1)}}
  adamas_gpu.launch @kernels::@k grid affine_map<()[s0] -> (s0, 1, 1)> [0, 1] threads 32 shared 0
}

// -----

gpu.module @kernels {
  llvm.func @k(!llvm.ptr)
}
adamas_gpu.program @p block 24 {
  adamas_gpu.value "x" argument f32 [-1] at 0 dense 1 align 4
  // expected-error @below {{'adamas_gpu.launch' op expects '@kernels::@other' to name a kernel}}
  adamas_gpu.launch @kernels::@other grid affine_map<()[s0] -> (s0, 1, 1)> [0, 0] threads 32 shared 0
}

// -----

adamas_gpu.program @p block 0 {
  // expected-error @below {{'adamas_gpu.launch' op expects '@nowhere::@k' to name a kernel}}
  adamas_gpu.launch @nowhere::@k grid affine_map<() -> (1, 1, 1)> [] threads 32 shared 0
}

// -----

gpu.module @kernels {
  llvm.func @k(!llvm.ptr)
}
func.func @outside() {
  // expected-error @below {{'adamas_gpu.launch' op expects parent op 'adamas_gpu.program'}}
  adamas_gpu.launch @kernels::@k grid affine_map<() -> (1, 1, 1)> [] threads 32 shared 0
  return
}
