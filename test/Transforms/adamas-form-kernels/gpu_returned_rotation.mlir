// Weights made where they are used wait for the rotation that they are made of, here one that the function returns: the kernel of the second
// step comes behind the kernel of that rotation.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=step" | FileCheck %s

// CHECK-LABEL: func.func @f(
// CHECK: adamas.kernel part
// CHECK: %[[Y:.*]]:2 = adamas.kernel row
// CHECK: adamas.hadamard {{.*}} in global :
// CHECK: adamas.kernel part
// CHECK: adamas.weigh %[[Y]]#1 in shared :
func.func @f(%q1: tensor<?x8x64xf16>, %q2: tensor<?x8x64xf16>, %key: tensor<?x8x?x64xf16>, %value: tensor<?x8x?x64xf16>, %codes: tensor<?x8x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> (tensor<?x8x64xf16>, tensor<?x8x64xf16>, tensor<?x8x64xf32>, tensor<?x8x128xi32>) {
  %y1 = adamas.hadamard %q1 : tensor<?x8x64xf16>
  %w1 = adamas.weigh %y1 : tensor<?x8x64xf32>
  %d1 = adamas.weighted_distance %w1, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x8x64xi8>, tensor<?x8x?x!adamas.codes<64, 2>>
  %i1, %m1 = adamas.topk %d1 seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x8x?xi32>
  %o1 = adamas.sparse_attention %q1, %key, %value, %i1, %m1 : tensor<?x8x64xf16>, tensor<?x8x?x64xf16>, tensor<?x8x128xi32>, tensor<?x8xi32>
  %y2 = adamas.hadamard %q2 : tensor<?x8x64xf16>
  %w2 = adamas.weigh %y2 : tensor<?x8x64xf32>
  %d2 = adamas.weighted_distance %w2, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x8x64xi8>, tensor<?x8x?x!adamas.codes<64, 2>>
  %i2, %m2 = adamas.topk %d2 seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x8x?xi32>
  %o2 = adamas.sparse_attention %q2, %key, %value, %i2, %m2 : tensor<?x8x64xf16>, tensor<?x8x?x64xf16>, tensor<?x8x128xi32>, tensor<?x8xi32>
  return %o1, %o2, %y2, %i1 : tensor<?x8x64xf16>, tensor<?x8x64xf16>, tensor<?x8x64xf32>, tensor<?x8x128xi32>
}
