// What the pass leaves alone: selections, and attention that is open already.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-attention | FileCheck %s
// RUN: adamas-opt %s --adamas-open-attention --adamas-open-attention | FileCheck %s

// CHECK-LABEL: func.func @no_change_to_a_selection(
func.func @no_change_to_a_selection(%d: tensor<?x9x?xi32>) -> tensor<?x9x16xi32> {
  // CHECK-NEXT: adamas.topk %{{[a-z0-9]+}} budget 16 bound 192 : tensor<?x9x?xi32>
  // CHECK-NEXT: return
  %i, %m = adamas.topk %d budget 16 bound 192 : tensor<?x9x?xi32>
  return %i : tensor<?x9x16xi32>
}

// CHECK-LABEL: func.func @no_change_to_staged_ops(
func.func @no_change_to_staged_ops(%q: tensor<?x9x64xf16>, %k: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) -> tensor<?x9x64xf16> {
  // CHECK-NEXT: adamas.partial_attention %{{.*}} seq_lens(%{{[a-z0-9]+}} : tensor<?xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  // CHECK-NEXT: adamas.merge_attention %{{.*}} to f16 : tensor<?x9x1x64xf32>, tensor<?x9x1xf32>
  // CHECK-NEXT: return
  %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>
  %0, %1 = adamas.merge_attention %o, %lse to f16 : tensor<?x9x1x64xf32>, tensor<?x9x1xf32>
  return %0 : tensor<?x9x64xf16>
}
