// What adamas_gpu.parameter refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @offset_is_no_multiple_of_8(%block: !llvm.ptr) {
  // expected-error @below {{'adamas_gpu.parameter' op expects 'offset' to be a multiple of 8 below 4096, but got 12}}
  %n = adamas_gpu.parameter %block[12] : !llvm.ptr -> i64
  return
}

// -----

func.func @offset_is_negative(%block: !llvm.ptr) {
  // expected-error @below {{'adamas_gpu.parameter' op expects 'offset' to be a multiple of 8 below 4096, but got -8}}
  %n = adamas_gpu.parameter %block[-8] : !llvm.ptr -> i64
  return
}

// -----

func.func @offset_is_beyond_every_block(%block: !llvm.ptr) {
  // expected-error @below {{'adamas_gpu.parameter' op expects 'offset' to be a multiple of 8 below 4096, but got 4096}}
  %n = adamas_gpu.parameter %block[4096] : !llvm.ptr -> i64
  return
}

// -----

func.func @field_has_4_bytes(%block: !llvm.ptr) {
  // expected-error @below {{'adamas_gpu.parameter' op result #0 must be 64-bit signless integer or pointer to global memory, but got 'i32'}}
  %n = adamas_gpu.parameter %block[8] : !llvm.ptr -> i32
  return
}

// -----

func.func @pointer_is_to_shared_memory(%block: !llvm.ptr) {
  // expected-error @below {{'adamas_gpu.parameter' op result #0 must be 64-bit signless integer or pointer to global memory, but got '!llvm.ptr<3>'}}
  %p = adamas_gpu.parameter %block[8] : !llvm.ptr -> !llvm.ptr<3>
  return
}
