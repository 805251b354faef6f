// The host's side of a function: memrefs of any strides, results written in place, what no kernel made copied.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @twice(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<?x2x32xf32, strided<[?, ?, 1], offset: ?>>, %[[A:[a-z0-9]+]]: memref<?x2x32xf32, strided<[?, ?, 1], offset: ?>>, %[[B:[a-z0-9]+]]: memref<?x2x32xf32, strided<[?, ?, 1], offset: ?>>)
// CHECK-NOT: memref.alloc
// CHECK: adamas.launch @twice_kernel0 grid({{.*}}) args(%[[X]], %[[A]] :
// CHECK: %[[COPIED:.*]] = memref.load %[[A]]
// CHECK: memref.store %[[COPIED]], %[[B]]
// CHECK: return
func.func @twice(%x: tensor<?x2x32xf32>) -> (tensor<?x2x32xf32>, tensor<?x2x32xf32>) {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %y = adamas.hadamard %x in global : tensor<?x2x32xf32>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  return %0, %0 : tensor<?x2x32xf32>, tensor<?x2x32xf32>
}

// CHECK-LABEL: func.func @passed_on(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<?x2x32xf32, {{.*}}, %[[OUT:[a-z0-9]+]]: memref<?x2x32xf32,
// CHECK: %[[COPIED:.*]] = memref.load %[[X]]
// CHECK: memref.store %[[COPIED]], %[[OUT]]
// CHECK: return
func.func @passed_on(%x: tensor<?x2x32xf32>) -> tensor<?x2x32xf32> {
  return %x : tensor<?x2x32xf32>
}

// Codes: a query's vectors are whole, a key's tiles are.
// CHECK-LABEL: func.func @layouts(
// CHECK-SAME: memref<?x2x3x2xi32, strided<[?, ?, 2, 1], offset: ?>>, %{{[a-z0-9]+}}: memref<?x2x3x?x2x16xi32, strided<[?, ?, ?, 32, 16, 1], offset: ?>>, %{{[a-z0-9]+}}: memref<?xi32, strided<[1], offset: ?>>, %{{[a-z0-9]+}}: memref<?x2x?xi32, strided<[?, ?, 1], offset: ?>>)
func.func @layouts(%q: tensor<?x2x!adamas.codes<64, 3>>, %c: tensor<?x2x?x!adamas.codes<64, 3>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<64, 3>>, tensor<?x2x?x!adamas.codes<64, 3>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// A static number of tokens is rounded up to whole tiles.
// CHECK-LABEL: func.func @static_tokens(
// CHECK-SAME: memref<1x2x1x7x1x16xi32,
// CHECK: memref.alloc(%{{.*}}) {{.*}} : memref<?x2x112xi16>
func.func @static_tokens(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<1x2x100x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x100xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<1x2x100x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x100xi32>
  } : tensor<?x2x100xi32>
  return %0 : tensor<?x2x100xi32>
}

// Functions without tensors and declarations stay.
// CHECK-LABEL: func.func private @declared(tensor<?x2x32xf32>)
func.func private @declared(tensor<?x2x32xf32>)
// CHECK-LABEL: func.func @scalars(%{{.*}}: f32) -> f32
func.func @scalars(%x: f32) -> f32 {
  return %x : f32
}
