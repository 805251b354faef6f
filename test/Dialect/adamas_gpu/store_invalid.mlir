// What adamas_gpu.store refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @cache_is_stream(%w: i32, %p: !llvm.ptr<1>, %policy: i64) {
  // expected-error @below {{'adamas_gpu.store' op expects 'cache' to be keep, but got stream; it is for loads, and 'llvm.store' stores without a hint}}
  adamas_gpu.store stream %w, %p, %policy : i32, !llvm.ptr<1>
  return
}

// -----

func.func @cache_is_read_only(%w: i32, %p: !llvm.ptr<1>, %policy: i64) {
  // expected-error @below {{'adamas_gpu.store' op expects 'cache' to be keep, but got read_only; it is for loads}}
  adamas_gpu.store read_only %w, %p, %policy : i32, !llvm.ptr<1>
  return
}

// -----

func.func @value_is_a_bit(%v: i1, %p: !llvm.ptr<1>, %policy: i64) {
  // expected-error @below {{'adamas_gpu.store' op operand #0 must be 8-bit signless integer or 16-bit signless integer or 32-bit signless integer, but got 'i1'}}
  adamas_gpu.store keep %v, %p, %policy : i1, !llvm.ptr<1>
  return
}

// -----

func.func @shared_memory(%w: i32, %p: !llvm.ptr<3>, %policy: i64) {
  // expected-error @below {{'adamas_gpu.store' op operand #1 must be pointer to global memory, but got '!llvm.ptr<3>'}}
  adamas_gpu.store keep %w, %p, %policy : i32, !llvm.ptr<3>
  return
}
