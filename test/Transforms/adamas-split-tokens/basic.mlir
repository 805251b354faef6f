// Staged ops over all tokens get the boundaries of 3 parts; thresholds, joins and merges follow.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens=ways=3 | FileCheck %s

// CHECK-LABEL: func.func @decode(
// CHECK-SAME: %[[K:[a-z0-9]+]]: tensor<?x3x?x!adamas.codes<64, 2>>
func.func @decode(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> (tensor<?x9x16xi32>, tensor<?x9x64xf16>) {
  // CHECK-NEXT: %[[P:.*]] = adamas.partition %[[K]] ways 3 : tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK-NEXT: %[[D:.*]] = adamas.l1_distance
  // CHECK-NEXT: %[[H:.*]] = adamas.histogram %[[D]] {{.*}}parts(%[[P]] : tensor<4xi32>) bins 193 : tensor<?x9x?xi32>
  // CHECK-NEXT: %[[T:.*]], %[[SKIP:.*]] = adamas.threshold %[[H]] need 15 : tensor<?x9x3x193xi32>
  // CHECK-NEXT: %[[I:.*]], %[[M:.*]] = adamas.compact %[[D]], %[[T]], %[[SKIP]] {{.*}}parts(%[[P]] : tensor<4xi32>) budget 16 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x3xi32>
  // CHECK-NEXT: %[[J:.*]], %{{.*}} = adamas.join %[[I]], %[[M]] : tensor<?x9x3x16xi32>, tensor<?x9x3xi32>
  // CHECK-NEXT: %[[O:.*]], %[[E:.*]] = adamas.partial_attention %{{.*}} indices(%[[I]], %[[M]] : tensor<?x9x3x16xi32>, tensor<?x9x3xi32>)
  // CHECK-NEXT: %[[R:.*]], %{{.*}} = adamas.merge_attention %[[O]], %[[E]] to f16 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  // CHECK-NEXT: return %[[J]], %[[R]]
  %d = adamas.l1_distance %q, %k seq_lens(%n : tensor<?xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 16 : tensor<?x9x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x16xi32>, tensor<?x9xi32>
  return %i, %o : tensor<?x9x16xi32>, tensor<?x9x64xf16>
}

// Dense attention divides the keys themselves.
// CHECK-LABEL: func.func @dense(
// CHECK-SAME: %{{[a-z0-9]+}}: {{.*}}, %[[K:[a-z0-9]+]]: tensor<?x3x?x64xf16>
func.func @dense(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) -> tensor<?x9x64xf16> {
  // CHECK-NEXT: %[[P:.*]] = adamas.partition %[[K]] ways 3 : tensor<?x3x?x64xf16>
  // CHECK-NEXT: adamas.partial_attention %{{.*}} seq_lens(%{{[a-z0-9]+}} : tensor<?xi32>) parts(%[[P]] : tensor<4xi32>) :
  // CHECK-NEXT: adamas.merge_attention %{{.*}} : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  %o = adamas.dense_attention %query, %key, %key, %n : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return %o : tensor<?x9x64xf16>
}

// One cache has one division, made right after the op that makes the cache.
// CHECK-LABEL: func.func @shared_and_paged_cache(
func.func @shared_and_paged_cache(%w: tensor<?x9x64xi8>, %pool: tensor<?x3x16x!adamas.codes<64, 4>>, %table: tensor<?x8xi32>) -> (tensor<?x9x16xi32>, tensor<?x9x8xi32>) {
  // CHECK-NEXT: %[[V:.*]] = adamas.paged_view
  // CHECK-NEXT: adamas.partition %[[V]] ways 3
  // CHECK-NOT: adamas.partition
  // CHECK: return
  %k = adamas.paged_view %pool, %table : tensor<?x3x16x!adamas.codes<64, 4>>, tensor<?x8xi32>
  %d = adamas.weighted_distance %w, %k planes 1 : tensor<?x9x64xi8>, tensor<?x3x128x!adamas.codes<64, 4>>
  %0, %1 = adamas.topk %d budget 16 : tensor<?x9x128xi32>
  %e = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x3x128x!adamas.codes<64, 4>>
  %2, %3 = adamas.topk %e budget 8 : tensor<?x9x128xi32>
  return %0, %2 : tensor<?x9x16xi32>, tensor<?x9x8xi32>
}
