// What the pass does not divide: form 1, lists of candidates and attention over a list from elsewhere.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-split-tokens=ways=3 | FileCheck %s

// CHECK-LABEL: func.func @no_division_of_form_1(
func.func @no_division_of_form_1(%d: tensor<?x9x?xi32>) -> tensor<?x9x16xi32> {
  // CHECK-NEXT: adamas.topk
  // CHECK-NEXT: return
  %i, %m = adamas.topk %d budget 16 bound 192 : tensor<?x9x?xi32>
  return %i : tensor<?x9x16xi32>
}

// CHECK-LABEL: func.func @no_division_of_candidates(
func.func @no_division_of_candidates(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %c: tensor<?x9x1024xi32>) -> tensor<?x9x1x16xi32> {
  // CHECK-NOT: adamas.partition
  // CHECK: adamas.histogram %{{.*}} : tensor<?x9x1024xi32>
  // CHECK: adamas.threshold %{{.*}} : tensor<?x9x1x193xi32>
  // CHECK: adamas.compact %{{.*}} : tensor<?x9x1024xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  %d = adamas.l1_distance %q, %k seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x1024xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x1024xi32>) bins 193 : tensor<?x9x1024xi32>
  %t, %s = adamas.threshold %h need 15 : tensor<?x9x1x193xi32>
  %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x1024xi32>) budget 16 : tensor<?x9x1024xi32>, tensor<?x9xi32>, tensor<?x9x1xi32>
  return %i : tensor<?x9x1x16xi32>
}

// CHECK-LABEL: func.func @no_division_of_a_list(
func.func @no_division_of_a_list(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %i: tensor<?x9x1x16xi32>, %m: tensor<?x9x1xi32>) -> tensor<?x9x1x64xf32> {
  // CHECK-NEXT: adamas.partial_attention %{{.*}} indices(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<?x9x1x16xi32>, tensor<?x9x1xi32>)
  %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x9x1x16xi32>, tensor<?x9x1xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  return %o : tensor<?x9x1x64xf32>
}
