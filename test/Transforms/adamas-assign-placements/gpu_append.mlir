// A step appends where it reads; where several kernels do, or many tokens come, the append is a kernel of its own.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=gpu fusion=step" | FileCheck %s --check-prefix=CLUSTER
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=gpu fusion=step batch=8" | FileCheck %s --check-prefix=CLUSTER
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=gpu fusion=step batch=9" | FileCheck %s --check-prefix=ALONE
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=gpu fusion=selection" | FileCheck %s --check-prefix=ALONE
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=gpu fusion=stages" | FileCheck %s --check-prefix=ALONE
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=cpu" | FileCheck %s --check-prefix=ALONE
//
// Where it is decided again, the former decision is forgotten.
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=gpu fusion=step" --adamas-assign-placements="processor=gpu fusion=stages" | FileCheck %s --check-prefix=ALONE

// CLUSTER-LABEL: func.func @paged(
// CLUSTER: adamas.append {{.*}} in cluster :
// ALONE-LABEL: func.func @paged(
// ALONE-NOT: adamas.append {{.*}} in cluster
// ALONE: adamas.append
func.func @paged(%query: tensor<?x6x64xf16>, %k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %key: tensor<?x3x16x64xf16>, %value: tensor<?x3x16x64xf16>, %codes: tensor<?x3x16x!adamas.codes<64, 2>>, %table: tensor<?x?xi32>, %n: tensor<?xi32>, %t: tensor<3x3xf32>) -> (tensor<?x6x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>) {
  %p:3 = adamas.append %k, %v at %s into %key, %value, %codes thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  %kv = adamas.paged_view %p#0, %table : tensor<?x3x16x64xf16>, tensor<?x?xi32>
  %vv = adamas.paged_view %p#1, %table : tensor<?x3x16x64xf16>, tensor<?x?xi32>
  %cv = adamas.paged_view %p#2, %table : tensor<?x3x16x!adamas.codes<64, 2>>, tensor<?x?xi32>
  %y = adamas.hadamard %query : tensor<?x6x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x6x64xf32>
  %d = adamas.l1_distance %q, %cv seq_lens(%n : tensor<?xi32>) : tensor<?x6x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 32 : tensor<?x6x?xi32>
  %o = adamas.sparse_attention %query, %kv, %vv, %i, %m : tensor<?x6x64xf16>, tensor<?x3x?x64xf16>, tensor<?x6x32xi32>, tensor<?x6xi32>
  return %o, %p#0, %p#1, %p#2 : tensor<?x6x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
}

// CLUSTER-LABEL: func.func @contiguous(
// CLUSTER: adamas.append {{.*}} in cluster :
// ALONE-LABEL: func.func @contiguous(
// ALONE-NOT: adamas.append {{.*}} in cluster
// ALONE: adamas.append
func.func @contiguous(%query: tensor<?x6x64xf16>, %k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %key: tensor<?x3x?x64xf16>, %value: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3x3xf32>) -> (tensor<?x6x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>) {
  %p:3 = adamas.append %k, %v at %s into %key, %value, %codes thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  %y = adamas.hadamard %query : tensor<?x6x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x6x64xf32>
  %d = adamas.l1_distance %q, %p#2 seq_lens(%n : tensor<?xi32>) : tensor<?x6x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 32 : tensor<?x6x?xi32>
  %o = adamas.sparse_attention %query, %p#0, %p#1, %i, %m : tensor<?x6x64xf16>, tensor<?x3x?x64xf16>, tensor<?x6x32xi32>, tensor<?x6xi32>
  return %o, %p#0, %p#1, %p#2 : tensor<?x6x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
}
