// Round trip of adamas.add_part_axis: lists, lengths, query tokens, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @list_and_lengths(
func.func @list_and_lengths(%i: tensor<?x9x128xi32>, %m: tensor<?x9xi32>) -> (tensor<?x9x1x128xi32>, tensor<?x9x1xi32>) {
  // CHECK: adamas.add_part_axis %{{[a-z0-9#]+}} : tensor<?x9x128xi32> -> tensor<?x9x1x128xi32>
  %0 = adamas.add_part_axis %i : tensor<?x9x128xi32> -> tensor<?x9x1x128xi32>
  // CHECK: adamas.add_part_axis %{{[a-z0-9#]+}} : tensor<?x9xi32> -> tensor<?x9x1xi32>
  %1 = adamas.add_part_axis %m : tensor<?x9xi32> -> tensor<?x9x1xi32>
  return %0, %1 : tensor<?x9x1x128xi32>, tensor<?x9x1xi32>
}

// CHECK-LABEL: func.func @query_tokens(
func.func @query_tokens(%i: tensor<2x8x9x128xi32>, %m: tensor<2x8x9xi32>) -> (tensor<2x8x9x1x128xi32>, tensor<2x8x9x1xi32>) {
  // CHECK: adamas.add_part_axis %{{[a-z0-9#]+}} in shared : tensor<2x8x9x128xi32> -> tensor<2x8x9x1x128xi32>
  %0 = adamas.add_part_axis %i in shared : tensor<2x8x9x128xi32> -> tensor<2x8x9x1x128xi32>
  // CHECK: adamas.add_part_axis %{{[a-z0-9#]+}} in registers : tensor<2x8x9xi32> -> tensor<2x8x9x1xi32>
  %1 = adamas.add_part_axis %m in registers : tensor<2x8x9xi32> -> tensor<2x8x9x1xi32>
  return %0, %1 : tensor<2x8x9x1x128xi32>, tensor<2x8x9x1xi32>
}
