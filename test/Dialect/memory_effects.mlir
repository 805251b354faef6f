// Ops without effects: what nobody uses is removed, what is equal is computed once; adamas.launch stays.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --canonicalize | FileCheck %s --check-prefix=DEAD
// RUN: adamas-opt %s --cse | FileCheck %s --check-prefix=CSE

// DEAD-LABEL: func.func @unused_form_1(
// DEAD-NEXT: return
func.func @unused_form_1(%x: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %c: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>, %nk: tensor<?x3x64xf16>, %table: tensor<?x8xi32>) {
  %y = adamas.hadamard %x : tensor<?x9x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<?x9x64xf32>
  %w = adamas.weigh %y : tensor<?x9x64xf32>
  %d = adamas.l1_distance %q, %c : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %e = adamas.weighted_distance %w, %c : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d budget 16 : tensor<?x9x?xi32>
  %o = adamas.sparse_attention %x, %k, %k, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x16xi32>, tensor<?x9xi32>
  %p = adamas.dense_attention %x, %k, %k, %n : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  %a:3 = adamas.append %nk, %nk at %n into %k, %k, %c thresholds(%t : tensor<3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  %v = adamas.paged_view %k, %table : tensor<?x3x?x64xf16>, tensor<?x8xi32>
  return
}

// DEAD-LABEL: func.func @unused_form_2(
// DEAD-NEXT: return
func.func @unused_form_2(%x: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %d: tensor<?x9x?xi32>) {
  %parts = adamas.partition %k ways 3 : tensor<?x3x?x64xf16>
  %h = adamas.histogram %d parts(%parts : tensor<4xi32>) bins 193 : tensor<?x9x?xi32>
  %t, %s = adamas.threshold %h need 15 : tensor<?x9x3x193xi32>
  %i, %m = adamas.compact %d, %t, %s parts(%parts : tensor<4xi32>) budget 16 : tensor<?x9x?xi32>, tensor<?x9xi32>, tensor<?x9x3xi32>
  %j, %n = adamas.join %i, %m : tensor<?x9x3x16xi32>, tensor<?x9x3xi32>
  %a = adamas.add_part_axis %j : tensor<?x9x16xi32> -> tensor<?x9x1x16xi32>
  %o, %lse = adamas.partial_attention %x, %k, %k indices(%i, %m : tensor<?x9x3x16xi32>, tensor<?x9x3xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  %p, %l = adamas.merge_attention %o, %lse to f16 : tensor<?x9x3x64xf32>, tensor<?x9x3xf32>
  return
}

// DEAD-LABEL: func.func @unused_kernel(
// DEAD-NEXT: return
func.func @unused_kernel(%x: tensor<?x9x64xf16>) {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %y = adamas.hadamard %x in global : tensor<?x9x64xf16>
    adamas.yield %y : tensor<?x9x64xf32>
  } : tensor<?x9x64xf32>
  return
}

func.func private @f(index, index, index)

// DEAD-LABEL: func.func @no_removal_of_a_launch(
// DEAD-COUNT-2: adamas.launch
// CSE-LABEL: func.func @no_removal_of_a_launch(
// CSE-COUNT-2: adamas.launch
func.func @no_removal_of_a_launch(%n: index) {
  adamas.launch @f grid(%n, %n, %n)
  adamas.launch @f grid(%n, %n, %n)
  return
}

// A default that is written out is the default that is not.
// CSE-LABEL: func.func @equal_ops(
// CSE: %[[W:.*]] = adamas.weigh
// CSE-NOT: adamas.weigh
// CSE: %[[I:.*]], %[[M:.*]] = adamas.topk
// CSE-NOT: adamas.topk
// CSE: return %[[W]], %[[W]], %[[I]], %[[I]]
func.func @equal_ops(%y: tensor<?x9x64xf32>, %d: tensor<?x9x?xi32>) -> (tensor<?x9x64xi8>, tensor<?x9x64xi8>, tensor<?x9x16xi32>, tensor<?x9x16xi32>) {
  %0 = adamas.weigh %y : tensor<?x9x64xf32>
  %1 = adamas.weigh %y cap 7 : tensor<?x9x64xf32>
  %2, %3 = adamas.topk %d budget 16 bound 192 : tensor<?x9x?xi32>
  %4, %5 = adamas.topk %d budget 16 sink 0 recent 1 bound 192 : tensor<?x9x?xi32>
  return %0, %1, %2, %4 : tensor<?x9x64xi8>, tensor<?x9x64xi8>, tensor<?x9x16xi32>, tensor<?x9x16xi32>
}

// CSE-LABEL: func.func @no_cse_of_other_attributes(
// CSE-COUNT-3: adamas.weigh
func.func @no_cse_of_other_attributes(%y: tensor<?x9x64xf32>) -> (tensor<?x9x64xi8>, tensor<?x9x64xi8>, tensor<?x9x64xi8>) {
  %0 = adamas.weigh %y : tensor<?x9x64xf32>
  %1 = adamas.weigh %y cap 8 : tensor<?x9x64xf32>
  %2 = adamas.weigh %y range 64 : tensor<?x9x64xf32>
  return %0, %1, %2 : tensor<?x9x64xi8>, tensor<?x9x64xi8>, tensor<?x9x64xi8>
}
