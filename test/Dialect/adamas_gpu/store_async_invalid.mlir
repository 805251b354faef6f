// What adamas_gpu.store_async refuses: data and barrier are both addressed within the cluster.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @pointer_to_its_own_memory(%w: i32, %p: !llvm.ptr<3>, %b: !llvm.ptr<7>) {
  // expected-error @below {{'adamas_gpu.store_async' op operand #1 must be pointer to shared memory of a cluster, but got '!llvm.ptr<3>'}}
  adamas_gpu.store_async %w, %p, %b : i32, !llvm.ptr<3>, !llvm.ptr<7>
  return
}

// -----

func.func @barrier_of_its_own(%w: i32, %p: !llvm.ptr<7>, %b: !llvm.ptr<3>) {
  // expected-error @below {{'adamas_gpu.store_async' op operand #2 must be pointer to shared memory of a cluster, but got '!llvm.ptr<3>'}}
  adamas_gpu.store_async %w, %p, %b : i32, !llvm.ptr<7>, !llvm.ptr<3>
  return
}

// -----

func.func @value_has_8_bytes(%v: i64, %p: !llvm.ptr<7>, %b: !llvm.ptr<7>) {
  // expected-error @below {{'adamas_gpu.store_async' op operand #0 must be 32-bit signless integer or 32-bit float or vector of 32-bit signless integer values of length 4, but got 'i64'}}
  adamas_gpu.store_async %v, %p, %b : i64, !llvm.ptr<7>, !llvm.ptr<7>
  return
}
