// A kernel begins where the level changes; it yields what others use, in order, and nothing else.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-assign-placements --adamas-form-kernels | FileCheck %s

// CHECK-LABEL: func.func @token_then_row(
// CHECK-SAME: %[[K:.*]]: tensor<?x3x?x64xf16>, %[[Q:.*]]: tensor<?x3x!adamas.codes<64, 1>>
func.func @token_then_row(%k: tensor<?x3x?x64xf16>, %q: tensor<?x3x!adamas.codes<64, 1>>, %n: tensor<?xi32>) -> (tensor<?x3x1xi32>, tensor<?x3x?xi32>) {
  // CHECK-NEXT: %[[CODES:.*]] = adamas.kernel token #adamas.cpu<16, words> {
  // CHECK-NEXT: %[[Y:.*]] = adamas.hadamard %[[K]] in registers
  // CHECK-NEXT: %[[C:.*]] = adamas.bucketize_pack %[[Y]]
  // CHECK-NEXT: adamas.yield %[[C]] : tensor<?x3x?x!adamas.codes<64, 1>>
  // CHECK-NEXT: } : tensor<?x3x?x!adamas.codes<64, 1>>
  %y = adamas.hadamard %k : tensor<?x3x?x64xf16>
  %c = adamas.bucketize_pack %y fixed [0.0] heads_axis 1 : tensor<?x3x?x64xf32>
  // CHECK-NEXT: %[[R:.*]]:2 = adamas.kernel row #adamas.cpu<16, words> {
  // CHECK-NEXT: %[[D:.*]] = adamas.l1_distance %[[Q]], %[[CODES]]
  // CHECK-NEXT: adamas.histogram
  // CHECK-NEXT: %{{.*}}, %[[SKIP:.*]] = adamas.threshold
  // CHECK-NEXT: adamas.yield %[[D]], %[[SKIP]] : tensor<?x3x?xi32>, tensor<?x3x1xi32>
  %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 1>>, tensor<?x3x?x!adamas.codes<64, 1>>
  %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 65 : tensor<?x3x?xi32>
  %t, %skip = adamas.threshold %h need 7 : tensor<?x3x1x65xi32>
  // CHECK: return %[[R]]#1, %[[R]]#0 :
  return %skip, %d : tensor<?x3x1xi32>, tensor<?x3x?xi32>
}

// Ops between the staged ones that depend on arguments only go before them, so that they do not cut a kernel.
// CHECK-LABEL: func.func @hoisted(
func.func @hoisted(%x: tensor<?x3x64xf16>, %c: tensor<?x3x?x!adamas.codes<64, 1>>) -> (tensor<?x3x64xi8>, tensor<4xi32>, tensor<2xi32>) {
  // CHECK-NEXT: adamas.partition
  // CHECK-NEXT: arith.constant dense<[0, 16]>
  // CHECK-NEXT: adamas.kernel row
  // CHECK-NEXT: adamas.hadamard
  // CHECK-NEXT: adamas.weigh
  %y = adamas.hadamard %x : tensor<?x3x64xf16>
  %p = adamas.partition %c ways 3 : tensor<?x3x?x!adamas.codes<64, 1>>
  %b = arith.constant dense<[0, 16]> : tensor<2xi32>
  %w = adamas.weigh %y : tensor<?x3x64xf32>
  return %w, %p, %b : tensor<?x3x64xi8>, tensor<4xi32>, tensor<2xi32>
}

// CHECK-LABEL: func.func private @declared(tensor<?x3x64xf16>)
func.func private @declared(tensor<?x3x64xf16>)
// CHECK-LABEL: func.func @nothing(
// CHECK-NEXT: return
func.func @nothing(%x: tensor<?x3x64xf16>) -> tensor<?x3x64xf16> {
  return %x : tensor<?x3x64xf16>
}
