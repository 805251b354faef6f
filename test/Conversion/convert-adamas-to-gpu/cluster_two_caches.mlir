// Distances of two caches in one kernel have rows as long as their own cache: argument 3 of the one, 7 of the other.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-to-nvvm-pipeline="ways=4 fusion=step" | FileCheck %s

// CHECK: adamas_gpu.value "buffer0" workspace i8 {{.*}} extent #{{.*}} [0, 0, 3, 2]
// CHECK: adamas_gpu.value "buffer1" workspace i8 {{.*}} extent #{{.*}} [0, 0, 7, 2]
func.func @f(%q1: tensor<?x8x64xf16>, %k1: tensor<?x8x?x64xf16>, %v1: tensor<?x8x?x64xf16>, %c1: tensor<?x8x?x!adamas.codes<64, 2>>, %n1: tensor<?xi32>, %k2: tensor<?x8x?x64xf16>, %v2: tensor<?x8x?x64xf16>, %c2: tensor<?x8x?x!adamas.codes<64, 2>>, %n2: tensor<?xi32>, %t: tensor<3xf32>) -> (tensor<?x8x64xf16>, tensor<?x8x64xf16>) {
  %y1 = adamas.hadamard %q1 : tensor<?x8x64xf16>
  %w1 = adamas.bucketize_pack %y1 thresholds(%t : tensor<3xf32>) : tensor<?x8x64xf32>
  %d1 = adamas.l1_distance %w1, %c1 seq_lens(%n1 : tensor<?xi32>) : tensor<?x8x!adamas.codes<64, 2>>, tensor<?x8x?x!adamas.codes<64, 2>>
  %i1, %m1 = adamas.topk %d1 seq_lens(%n1 : tensor<?xi32>) budget 128 : tensor<?x8x?xi32>
  %o1 = adamas.sparse_attention %q1, %k1, %v1, %i1, %m1 : tensor<?x8x64xf16>, tensor<?x8x?x64xf16>, tensor<?x8x128xi32>, tensor<?x8xi32>
  %d2 = adamas.l1_distance %w1, %c2 seq_lens(%n2 : tensor<?xi32>) : tensor<?x8x!adamas.codes<64, 2>>, tensor<?x8x?x!adamas.codes<64, 2>>
  %i2, %m2 = adamas.topk %d2 seq_lens(%n2 : tensor<?xi32>) budget 128 : tensor<?x8x?xi32>
  %o2 = adamas.sparse_attention %q1, %k2, %v2, %i2, %m2 : tensor<?x8x64xf16>, tensor<?x8x?x64xf16>, tensor<?x8x128xi32>, tensor<?x8xi32>
  return %o1, %o2 : tensor<?x8x64xf16>, tensor<?x8x64xf16>
}
