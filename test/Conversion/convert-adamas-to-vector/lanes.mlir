// Vectors are as wide as the kernel's CPU says.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector | FileCheck %s

// CHECK-LABEL: func.func private @four_kernel0(
// CHECK-COUNT-8: vector.load {{.*}}, vector<4xf32>
// CHECK-NOT: vector.load
// CHECK-COUNT-8: vector.store {{.*}}, vector<4xf32>
func.func @four(%x: tensor<?x2x32xf32>) -> tensor<?x2x32xf32> {
  %0 = adamas.kernel row #adamas.cpu<4, bytes> {
    %y = adamas.hadamard %x in global : tensor<?x2x32xf32>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  return %0 : tensor<?x2x32xf32>
}

// CHECK-LABEL: func.func private @eight_kernel0(
// CHECK-COUNT-4: vector.load {{.*}}, vector<8xf32>
// CHECK-NOT: vector.load
func.func @eight(%x: tensor<?x2x32xf32>) -> tensor<?x2x32xf32> {
  %0 = adamas.kernel row #adamas.cpu<8, bytes> {
    %y = adamas.hadamard %x in global : tensor<?x2x32xf32>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  return %0 : tensor<?x2x32xf32>
}

// A row shorter than a vector is one shorter vector.
// CHECK-LABEL: func.func private @short_kernel0(
// CHECK: vector.load {{.*}}, vector<8xf32>
// CHECK-NOT: vector.load
// CHECK: vector.store {{.*}}, vector<8xf32>
// CHECK-NOT: vector.store
func.func @short(%x: tensor<?x2x8xf32>) -> tensor<?x2x8xf32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %y = adamas.hadamard %x in global : tensor<?x2x8xf32>
    adamas.yield %y : tensor<?x2x8xf32>
  } : tensor<?x2x8xf32>
  return %0 : tensor<?x2x8xf32>
}
