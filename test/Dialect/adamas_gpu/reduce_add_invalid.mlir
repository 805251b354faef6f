// What adamas_gpu.reduce_add refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @any_memory(%one: i32, %p: !llvm.ptr) {
  // expected-error @below {{'adamas_gpu.reduce_add' op operand #1 must be pointer to global memory or pointer to shared memory or pointer to shared memory of a cluster, but got '!llvm.ptr'}}
  adamas_gpu.reduce_add %one, %p : !llvm.ptr
  return
}

// -----

func.func @value_is_f32(%x: f32, %p: !llvm.ptr<1>) {
  // expected-error @below {{'adamas_gpu.reduce_add' op operand #0 must be 32-bit signless integer, but got 'f32'}}
  "adamas_gpu.reduce_add"(%x, %p) : (f32, !llvm.ptr<1>) -> ()
  return
}
