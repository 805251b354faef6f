// Round trip of adamas.threshold: needs, parts, query tokens, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @sel_6_need_0_to_largest(
func.func @sel_6_need_0_to_largest(%h: tensor<?x9x1x193xi32>) -> (tensor<?x9xi32>, tensor<?x9x1xi32>) {
  // CHECK: adamas.threshold %{{[a-z0-9#]+}} need 0 : tensor<?x9x1x193xi32>
  %t, %s = adamas.threshold %h need 0 : tensor<?x9x1x193xi32>
  // CHECK: adamas.threshold %{{[a-z0-9#]+}} need 2147483647 : tensor<?x9x1x193xi32>
  %u, %v = adamas.threshold %h need 2147483647 : tensor<?x9x1x193xi32>
  return %t, %v : tensor<?x9xi32>, tensor<?x9x1xi32>
}

// CHECK-LABEL: func.func @sel_6_parts_and_query_tokens(
func.func @sel_6_parts_and_query_tokens(%h: tensor<2x8x9x3x1xi32>) -> (tensor<2x8x9xi32>, tensor<2x8x9x3xi32>) {
  // CHECK: adamas.threshold %{{[a-z0-9#]+}} need 123 in shared : tensor<2x8x9x3x1xi32>
  %t, %s = adamas.threshold %h need 123 in shared : tensor<2x8x9x3x1xi32>
  return %t, %s : tensor<2x8x9xi32>, tensor<2x8x9x3xi32>
}
