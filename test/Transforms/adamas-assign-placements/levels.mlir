// A value that a user at another level needs is global: codes of keys, made a block of tokens at a time, are read row by row.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-assign-placements | FileCheck %s

// CHECK-LABEL: func.func @encode_and_scan(
func.func @encode_and_scan(%k: tensor<?x3x?x64xf16>, %q: tensor<?x3x!adamas.codes<64, 1>>, %n: tensor<?xi32>) -> tensor<?x3xi32> {
  // CHECK: adamas.hadamard {{.*}} in registers : tensor<?x3x?x64xf16>
  %y = adamas.hadamard %k : tensor<?x3x?x64xf16>
  // CHECK: adamas.bucketize_pack {{.*}} in global : tensor<?x3x?x64xf32>
  %c = adamas.bucketize_pack %y fixed [0.0] heads_axis 1 : tensor<?x3x?x64xf32>
  // CHECK: adamas.l1_distance {{.*}} in shared :
  %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 1>>, tensor<?x3x?x!adamas.codes<64, 1>>
  // CHECK: adamas.histogram {{.*}} in shared :
  %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 65 : tensor<?x3x?xi32>
  // CHECK: adamas.threshold {{.*}} in global :
  %t, %skip = adamas.threshold %h need 7 : tensor<?x3x1x65xi32>
  return %t : tensor<?x3xi32>
}

// An op of another level between two ops does not part them: it waits for its turn.
// CHECK-LABEL: func.func @not_parted(
func.func @not_parted(%x: tensor<?x3x64xf16>, %k: tensor<?x3x?x64xf32>) -> (tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 1>>) {
  // CHECK: adamas.hadamard {{.*}} in registers : tensor<?x3x64xf16>
  %y = adamas.hadamard %x : tensor<?x3x64xf16>
  // CHECK: adamas.bucketize_pack {{.*}} in global : tensor<?x3x?x64xf32>
  %c = adamas.bucketize_pack %k fixed [0.0] heads_axis 1 : tensor<?x3x?x64xf32>
  // CHECK: adamas.weigh {{.*}} in global : tensor<?x3x64xf32>
  %w = adamas.weigh %y : tensor<?x3x64xf32>
  return %w, %c : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 1>>
}
