// What adamas_gpu.shared_memory refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @no_bytes() {
  // expected-error @below {{'adamas_gpu.shared_memory' op expects 'bytes' to be 1 or more, but got 0}}
  %p = adamas_gpu.shared_memory 0 at 0 : !llvm.ptr<3>
  return
}

// -----

func.func @negative_bytes() {
  // expected-error @below {{'adamas_gpu.shared_memory' op expects 'bytes' to be 1 or more, but got -4}}
  %p = adamas_gpu.shared_memory -4 at 0 : !llvm.ptr<3>
  return
}

// -----

func.func @offset_is_not_aligned() {
  // expected-error @below {{'adamas_gpu.shared_memory' op expects 'offset' to be a multiple of 16, but got 8}}
  %p = adamas_gpu.shared_memory 4 at 8 : !llvm.ptr<3>
  return
}

// -----

func.func @offset_is_negative() {
  // expected-error @below {{'adamas_gpu.shared_memory' op expects 'offset' to be a multiple of 16, but got -16}}
  %p = adamas_gpu.shared_memory 4 at -16 : !llvm.ptr<3>
  return
}

// -----

func.func @global_memory() {
  // expected-error @below {{'adamas_gpu.shared_memory' op result #0 must be pointer to shared memory, but got '!llvm.ptr<1>'}}
  %p = adamas_gpu.shared_memory 4 at 0 : !llvm.ptr<1>
  return
}
