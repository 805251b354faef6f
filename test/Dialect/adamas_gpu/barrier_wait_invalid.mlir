// What adamas_gpu.barrier_wait refuses: a CTA waits at its own barriers only.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @barrier_of_another(%p: !llvm.ptr<7>) {
  // expected-error @below {{'adamas_gpu.barrier_wait' op operand #0 must be pointer to shared memory, but got '!llvm.ptr<7>'}}
  adamas_gpu.barrier_wait %p : !llvm.ptr<7>
  return
}
