// No CTA writes into another one that may not run yet: where the first selection needs no threshold (all is forced), every CTA says at the
// start that it runs, and waits for the others before it sends its outputs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-to-nvvm-pipeline="ways=4 fusion=step" | FileCheck %s

// CHECK: llvm.func @f_kernel0(
// CHECK: nvvm.cluster.arrive.relaxed {aligned}
// CHECK-NOT: nvvm.mapa
// CHECK: nvvm.cluster.wait {aligned}
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<7>
func.func @f(%query: tensor<?x32x128xf16>, %key: tensor<?x32x?x128xf16>, %value: tensor<?x32x?x128xf16>, %codes: tensor<?x32x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>) -> (tensor<?x32x128xf16>, tensor<?x32x128xf16>) {
  %y = adamas.hadamard %query : tensor<?x32x128xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<?x32x128xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x32x!adamas.codes<128, 2>>, tensor<?x32x?x!adamas.codes<128, 2>>
  %i1, %m1 = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 recent 128 : tensor<?x32x?xi32>
  %o1 = adamas.sparse_attention %query, %key, %value, %i1, %m1 : tensor<?x32x128xf16>, tensor<?x32x?x128xf16>, tensor<?x32x128xi32>, tensor<?x32xi32>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x32x?xi32>
  %o = adamas.sparse_attention %query, %key, %value, %i, %m : tensor<?x32x128xf16>, tensor<?x32x?x128xf16>, tensor<?x32x128xi32>, tensor<?x32xi32>
  return %o, %o1 : tensor<?x32x128xf16>, tensor<?x32x128xf16>
}
