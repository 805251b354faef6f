// Round trip of adamas.join: parts, query tokens, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @sel_5_one_part(
func.func @sel_5_one_part(%i: tensor<?x9x1x128xi32>, %m: tensor<?x9x1xi32>) -> (tensor<?x9x128xi32>, tensor<?x9xi32>) {
  // CHECK: adamas.join %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x1x128xi32>, tensor<?x9x1xi32>
  %0, %1 = adamas.join %i, %m : tensor<?x9x1x128xi32>, tensor<?x9x1xi32>
  return %0, %1 : tensor<?x9x128xi32>, tensor<?x9xi32>
}

// CHECK-LABEL: func.func @sel_5_parts_and_query_tokens(
func.func @sel_5_parts_and_query_tokens(%i: tensor<2x8x9x64x128xi32>, %m: tensor<2x8x9x64xi32>) -> (tensor<2x8x9x128xi32>, tensor<2x8x9xi32>) {
  // CHECK: adamas.join %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} in global : tensor<2x8x9x64x128xi32>, tensor<2x8x9x64xi32>
  %0, %1 = adamas.join %i, %m in global : tensor<2x8x9x64x128xi32>, tensor<2x8x9x64xi32>
  return %0, %1 : tensor<2x8x9x128xi32>, tensor<2x8x9xi32>
}
