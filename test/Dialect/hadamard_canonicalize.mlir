// had-4: the transform of a transform gives back the input up to rounding only, so nothing folds; what is equal or unused goes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @no_fold_had_4_twice(
// CHECK-SAME: %[[X:.*]]: tensor<?x64xf32>
func.func @no_fold_had_4_twice(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // CHECK: %[[Y:.*]] = adamas.hadamard %[[X]]
  // CHECK: %[[Z:.*]] = adamas.hadamard %[[Y]]
  // CHECK: return %[[Z]]
  %y = adamas.hadamard %x : tensor<?x64xf32>
  %z = adamas.hadamard %y : tensor<?x64xf32>
  return %z : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @no_fold_had_4_four_times(
// CHECK-COUNT-4: adamas.hadamard
// CHECK-NOT: adamas.hadamard
func.func @no_fold_had_4_four_times(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = adamas.hadamard %x : tensor<?x64xf32>
  %1 = adamas.hadamard %0 : tensor<?x64xf32>
  %2 = adamas.hadamard %1 : tensor<?x64xf32>
  %3 = adamas.hadamard %2 : tensor<?x64xf32>
  return %3 : tensor<?x64xf32>
}

// CHECK-LABEL: func.func @one_transform_for_two_users(
// CHECK-COUNT-1: adamas.hadamard
// CHECK-NOT: adamas.hadamard
func.func @one_transform_for_two_users(%x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %0 = adamas.hadamard %x : tensor<?x64xf32>
  %1 = adamas.hadamard %x : tensor<?x64xf32>
  return %0, %1 : tensor<?x64xf32>, tensor<?x64xf32>
}
