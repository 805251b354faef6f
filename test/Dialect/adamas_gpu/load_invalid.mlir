// What adamas_gpu.load refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @cache_is_for_stores(%p: !llvm.ptr<1>) {
  // expected-error @below {{'adamas_gpu.load' op expects 'cache' to be stream, read_only or fresh, but got keep; it is for stores}}
  %v = adamas_gpu.load keep %p : !llvm.ptr<1> -> i32
  return
}

// -----

func.func @cache_is_unknown(%p: !llvm.ptr<1>) {
  // expected-error @below {{expected ::mlir::adamas_gpu::Cache to be one of: stream, read_only, keep, fresh}}
  // expected-error @below {{failed to parse AdamasGPU_CacheAttr parameter 'value'}}
  %v = adamas_gpu.load volatile %p : !llvm.ptr<1> -> i32
  return
}

// -----

func.func @three_words(%p: !llvm.ptr<1>) {
  // expected-error @below {{'adamas_gpu.load' op result #0 must be 32-bit signless integer or vector of 32-bit signless integer values of length 2/4, but got 'vector<3xi32>'}}
  %v = adamas_gpu.load stream %p : !llvm.ptr<1> -> vector<3xi32>
  return
}

// -----

func.func @shared_memory(%p: !llvm.ptr<3>) {
  // expected-error @below {{'adamas_gpu.load' op operand #0 must be pointer to global memory, but got '!llvm.ptr<3>'}}
  %v = adamas_gpu.load stream %p : !llvm.ptr<3> -> i32
  return
}
