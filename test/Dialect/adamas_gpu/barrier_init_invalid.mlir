// What adamas_gpu.barrier_init refuses: a CTA makes barriers in its own shared memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @barrier_of_another(%p: !llvm.ptr<7>) {
  // expected-error @below {{'adamas_gpu.barrier_init' op operand #0 must be pointer to shared memory, but got '!llvm.ptr<7>'}}
  adamas_gpu.barrier_init %p bytes 16 : !llvm.ptr<7>
  return
}

// -----

func.func @global_memory(%p: !llvm.ptr<1>) {
  // expected-error @below {{'adamas_gpu.barrier_init' op operand #0 must be pointer to shared memory, but got '!llvm.ptr<1>'}}
  adamas_gpu.barrier_init %p bytes 16 : !llvm.ptr<1>
  return
}
