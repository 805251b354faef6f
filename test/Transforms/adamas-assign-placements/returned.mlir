// What the function returns is global, for every result of its op; what only its neighbours use is not.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-assign-placements | FileCheck %s

// CHECK-LABEL: func.func @codes_too(
func.func @codes_too(%x: tensor<?x3x64xf16>, %c: tensor<?x3x?x!adamas.codes<64, 1>>) -> (tensor<?x3x64xf32>, tensor<?x3x1x65xi32>) {
  // CHECK: adamas.hadamard {{.*}} in global :
  %y = adamas.hadamard %x : tensor<?x3x64xf16>
  // CHECK: adamas.bucketize_pack {{.*}} in shared :
  %q = adamas.bucketize_pack %y fixed [0.0] : tensor<?x3x64xf32>
  // CHECK: adamas.l1_distance {{.*}} in shared :
  %d = adamas.l1_distance %q, %c : tensor<?x3x!adamas.codes<64, 1>>, tensor<?x3x?x!adamas.codes<64, 1>>
  // CHECK: adamas.histogram {{.*}} in global :
  %h = adamas.histogram %d bins 65 : tensor<?x3x?xi32>
  return %y, %h : tensor<?x3x64xf32>, tensor<?x3x1x65xi32>
}

// One of two results is enough.
// CHECK-LABEL: func.func @one_of_two(
func.func @one_of_two(%h: tensor<?x3x1x65xi32>) -> tensor<?x3xi32> {
  // CHECK: adamas.threshold {{.*}} in global :
  %t, %skip = adamas.threshold %h need 7 : tensor<?x3x1x65xi32>
  return %t : tensor<?x3xi32>
}

// A decision made before is made again.
// CHECK-LABEL: func.func @decided_before(
func.func @decided_before(%x: tensor<?x3x64xf16>) -> tensor<?x3x64xi8> {
  // CHECK: adamas.hadamard {{.*}} in registers :
  %y = adamas.hadamard %x in global : tensor<?x3x64xf16>
  // CHECK: adamas.weigh {{.*}} in global :
  %w = adamas.weigh %y in shared : tensor<?x3x64xf32>
  return %w : tensor<?x3x64xi8>
}

// Ops of no level, and functions without ops of ours, stay as they are.
// CHECK-LABEL: func.func private @declared(tensor<?x3x64xf16>)
func.func private @declared(tensor<?x3x64xf16>)
// CHECK-LABEL: func.func @no_level(
func.func @no_level(%c: tensor<?x3x?x!adamas.codes<64, 1>>) -> tensor<4xi32> {
  // CHECK: adamas.partition %{{[a-z0-9]+}} ways 3 : tensor
  %p = adamas.partition %c ways 3 : tensor<?x3x?x!adamas.codes<64, 1>>
  return %p : tensor<4xi32>
}
