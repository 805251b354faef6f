// CTAs by what they do: rows few threads, a selection many, a stream of keys and values between.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="chip=sm_90 ways=2 fusion=stages" | FileCheck %s

// CHECK-LABEL: func.func @sparse(
// CHECK: adamas.kernel row #adamas.gpu<sm = 90, threads = 128,
// CHECK-NEXT: adamas.hadamard
// CHECK: adamas.kernel token #adamas.gpu<sm = 90, threads = 512,
// CHECK-NEXT: adamas.l1_distance
// CHECK: adamas.kernel part #adamas.gpu<sm = 90, threads = 512, tokens = 2, iterations = 1, engine = popc>
// CHECK-NEXT: adamas.threshold
// CHECK: adamas.partial_attention
// CHECK: adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc>
// CHECK-NEXT: adamas.merge_attention
func.func @sparse(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>) -> tensor<?x3x64xf16> {
  %y = adamas.hadamard %query : tensor<?x3x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<?x3x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}

// CHECK-LABEL: func.func @dense(
// CHECK: adamas.kernel part #adamas.gpu<sm = 90, threads = 256,
// CHECK-NEXT: adamas.partial_attention
// CHECK: adamas.kernel row #adamas.gpu<sm = 90, threads = 128,
// CHECK-NEXT: adamas.merge_attention
func.func @dense(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %o = adamas.dense_attention %query, %key, %key, %n : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return %o : tensor<?x3x64xf16>
}

// A selection among candidates is as large as their list asks.
// CHECK-LABEL: func.func @short_list(
// CHECK: adamas.compact {{.*}} budget 512
// CHECK: adamas.join
// CHECK: adamas.kernel part #adamas.gpu<sm = 90, threads = 256,
// CHECK-NEXT: adamas.weighted_distance
// CHECK: adamas.compact {{.*}} budget 64
func.func @short_list(%w: tensor<?x3x64xi8>, %c: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xi32> {
  %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %l, %k = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 512 : tensor<?x3x?xi32>
  %e = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x512xi32>) : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x512xi32>) budget 64 : tensor<?x3x512xi32>
  return %i : tensor<?x3x64xi32>
}

// CHECK-LABEL: func.func @long_list(
// CHECK: adamas.compact {{.*}} budget 513
// CHECK: adamas.join
// CHECK: adamas.kernel part #adamas.gpu<sm = 90, threads = 512,
// CHECK-NEXT: adamas.weighted_distance
// CHECK: adamas.compact {{.*}} budget 64
func.func @long_list(%w: tensor<?x3x64xi8>, %c: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xi32> {
  %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %l, %k = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 513 : tensor<?x3x?xi32>
  %e = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x513xi32>) : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%l : tensor<?x3x513xi32>) budget 64 : tensor<?x3x513xi32>
  return %i : tensor<?x3x64xi32>
}
