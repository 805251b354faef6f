// An append placed in a cluster moves into the kernel that reads the pools, with its views; parts follow the pools before.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=gpu fusion=step" --adamas-form-kernels="processor=gpu" | FileCheck %s
//
// In stages it joins the kernel that makes the query's codes, whose results the pools are.
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=gpu fusion=stages" --adamas-form-kernels="processor=gpu" | FileCheck %s --check-prefix=STAGES
// STAGES-LABEL: func.func @paged(
// STAGES-NOT: adamas.append
// STAGES: %[[FIRST:.*]]:4 = adamas.kernel row
// STAGES-NEXT: %[[K:.*]], %[[V:.*]], %[[C:.*]] = adamas.append
// STAGES: adamas.yield %{{.*}}, %[[K]], %[[V]], %[[C]]
// STAGES: %[[CODES:.*]] = adamas.paged_view %[[FIRST]]#3
// STAGES: adamas.kernel token
// STAGES: adamas.l1_distance %{{.*}}, %[[CODES]]
// STAGES: return %{{.*}}, %[[FIRST]]#1, %[[FIRST]]#2, %[[FIRST]]#3

// CHECK-LABEL: func.func @paged(
// CHECK-SAME: %[[CODES:[a-z0-9]+]]: tensor<?x3x16x!adamas.codes<64, 2>>, %[[TABLE:[a-z0-9]+]]: tensor<?x?xi32>
// CHECK-NOT: adamas.append
// CHECK: %[[BEFORE:.*]] = adamas.paged_view %[[CODES]], %[[TABLE]]
// CHECK: adamas.partition %[[BEFORE]] ways 4
// CHECK: %[[STEP:.*]]:4 = adamas.kernel part
// CHECK-SAME: cluster = 4
// CHECK-NEXT: %[[K:.*]], %[[V:.*]], %[[C:.*]] = adamas.append {{.*}} in cluster
// CHECK-NEXT: %[[KEYS:.*]] = adamas.paged_view %[[K]], %[[TABLE]]
// CHECK-NEXT: %[[VALUES:.*]] = adamas.paged_view %[[V]], %[[TABLE]]
// CHECK-NEXT: %[[NEW:.*]] = adamas.paged_view %[[C]], %[[TABLE]]
// CHECK: adamas.l1_distance %{{.*}}, %[[NEW]]
// CHECK: adamas.partial_attention %{{.*}}, %[[KEYS]], %[[VALUES]]
// CHECK: adamas.yield %{{.*}}, %[[K]], %[[V]], %[[C]]
// CHECK: return %[[STEP]]#0, %[[STEP]]#1, %[[STEP]]#2, %[[STEP]]#3
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

// CHECK-LABEL: func.func @contiguous(
// CHECK-SAME: %[[CODES:[a-z0-9]+]]: tensor<?x3x?x!adamas.codes<64, 2>>
// CHECK: adamas.partition %[[CODES]] ways 4
// CHECK: adamas.kernel part
// CHECK-NEXT: %[[K:.*]], %[[V:.*]], %[[C:.*]] = adamas.append {{.*}} in cluster
// CHECK: adamas.l1_distance %{{.*}}, %[[C]]
// CHECK: adamas.partial_attention %{{.*}}, %[[K]], %[[V]]
func.func @contiguous(%query: tensor<?x6x64xf16>, %k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %key: tensor<?x3x?x64xf16>, %value: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3x3xf32>) -> (tensor<?x6x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>) {
  %p:3 = adamas.append %k, %v at %s into %key, %value, %codes thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  %y = adamas.hadamard %query : tensor<?x6x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x6x64xf32>
  %d = adamas.l1_distance %q, %p#2 seq_lens(%n : tensor<?xi32>) : tensor<?x6x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 32 : tensor<?x6x?xi32>
  %o = adamas.sparse_attention %query, %p#0, %p#1, %i, %m : tensor<?x6x64xf16>, tensor<?x3x?x64xf16>, tensor<?x6x32xi32>, tensor<?x6xi32>
  return %o, %p#0, %p#1, %p#2 : tensor<?x6x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
}
