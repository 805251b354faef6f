// Without clusters outputs of parts pass through memory to the CTA that is done last, and a candidate list is joined by a kernel of its own.
// Attention over all tokens stays in 'global': no kernel in front of it could set the count of parts that are done.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=gpu fusion=selection chip=sm_80" -o %t
// RUN: FileCheck %s --input-file=%t --implicit-check-not="in cluster"
// RUN: adamas-opt %t --adamas-form-kernels="processor=gpu sm=80" | FileCheck %s --check-prefix=KERNELS
// RUN: not adamas-opt %s --adamas-assign-placements="processor=gpu fusion=selection chip=sm_75" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: option 'chip' expects a chip among sm_80, {{.*}} but got 'sm_75'

// CHECK-LABEL: func.func @sparse(
// CHECK: adamas.l1_distance {{.*}} in global :
// CHECK: adamas.partial_attention {{.*}} in grid :
// CHECK: adamas.merge_attention {{.*}} in global :
// KERNELS-LABEL: func.func @sparse(
// KERNELS: adamas.kernel token
// KERNELS: adamas.kernel part
// KERNELS: adamas.partial_attention {{.*}} in grid :
// KERNELS-NEXT: adamas.merge_attention
// KERNELS-NOT: adamas.kernel
// KERNELS-LABEL: func.func @dense(
func.func @sparse(%q: tensor<?x3x!adamas.codes<64, 2>>, %query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}

// CHECK-LABEL: func.func @dense(
// CHECK: adamas.partial_attention {{.*}} in global :
func.func @dense(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %o = adamas.dense_attention %query, %key, %key, %n : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return %o : tensor<?x3x64xf16>
}
