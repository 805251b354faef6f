// Where a multiprocessor is to hold two CTAs at once, the function says so to who gives out registers; one it holds anyway.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu | FileCheck %s --implicit-check-not=minctasm

// CHECK: llvm.func @one_kernel0({{.*}}) attributes {nvvm.kernel, nvvm.maxntid = array<i32: 128, 1, 1>} {
func.func @one(%h: tensor<?x2x1x33xi32>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> tensor<?x2x1x8xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 3 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}

// CHECK: llvm.func @two_kernel0({{.*}}) attributes {nvvm.kernel, nvvm.maxntid = array<i32: 128, 1, 1>, nvvm.minctasm = 2 : i32} {
func.func @two(%h: tensor<?x2x1x33xi32>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> tensor<?x2x1x8xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, resident = 2> {
    %t, %s = adamas.threshold %h need 3 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}
