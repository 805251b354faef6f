// Form 1 to form 3: 'ways' cuts the token axis, 'lanes' and 'popcount' say what the vector code of every kernel may use.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-kernels-pipeline | FileCheck %s --check-prefix=FUSED
// RUN: adamas-opt %s --adamas-kernels-pipeline="ways=3 lanes=8 popcount=bytes" | FileCheck %s --check-prefix=SPLIT
// RUN: adamas-opt %s --adamas-open-pipeline -o %t.open
// RUN: adamas-opt %s --adamas-kernels-pipeline -o %t.once
// RUN: adamas-opt %t.open --adamas-kernels-pipeline | diff %t.once -
// RUN: not adamas-opt %s --adamas-kernels-pipeline="lanes=12" 2>&1 | FileCheck %s --check-prefix=LANES
// RUN: not adamas-opt %s --adamas-kernels-pipeline="ways=-1" 2>&1 | FileCheck %s --check-prefix=WAYS

// FUSED-COUNT-1: adamas.kernel row #adamas.cpu<16, words> {
// FUSED-NOT: adamas.kernel

// SPLIT: adamas.kernel row #adamas.cpu<8, bytes> {
// SPLIT: adamas.kernel part #adamas.cpu<8, bytes> {
// SPLIT: adamas.kernel row #adamas.cpu<8, bytes> {
// SPLIT: adamas.kernel part #adamas.cpu<8, bytes> {
// SPLIT: adamas.kernel row #adamas.cpu<8, bytes> {
// SPLIT-NOT: adamas.kernel

// LANES: error: expects option 'lanes' to be 4, 8 or 16, but got 12
// WAYS: error: expects option 'ways' to be from 1 to 1048576, but got -1
func.func @decode(%x: tensor<?x4x32xf32>, %k: tensor<?x2x?x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x4x32xf32> {
  %q = adamas.bucketize_pack %x fixed [0.0] : tensor<?x4x32xf32>
  %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) : tensor<?x4x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 8 : tensor<?x4x?xi32>
  %o = adamas.sparse_attention %x, %k, %k, %i, %m : tensor<?x4x32xf32>, tensor<?x2x?x32xf32>, tensor<?x4x8xi32>, tensor<?x4xi32>
  return %o : tensor<?x4x32xf32>
}
