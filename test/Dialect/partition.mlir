// Round trip of adamas.partition: ways, tiles, caches of codes and of values.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @sel_6_one_way(
func.func @sel_6_one_way(%codes: tensor<?x3x?x!adamas.codes<64, 2>>) -> tensor<2xi32> {
  // CHECK: adamas.partition %{{[a-z0-9#]+}} ways 1 : tensor<?x3x?x!adamas.codes<64, 2>>
  %0 = adamas.partition %codes ways 1 : tensor<?x3x?x!adamas.codes<64, 2>>
  return %0 : tensor<2xi32>
}

// CHECK-LABEL: func.func @sel_6_more_ways_than_tokens(
func.func @sel_6_more_ways_than_tokens(%codes: tensor<1x3x4x!adamas.codes<64, 2>>) -> tensor<65xi32> {
  // CHECK: adamas.partition %{{[a-z0-9#]+}} ways 64 tile 1 : tensor<1x3x4x!adamas.codes<64, 2>>
  %0 = adamas.partition %codes ways 64 tile 1 : tensor<1x3x4x!adamas.codes<64, 2>>
  return %0 : tensor<65xi32>
}

// CHECK-LABEL: func.func @sel_6_largest_ways_and_tile(
func.func @sel_6_largest_ways_and_tile(%key: tensor<?x3x?x64xf16>) -> tensor<2147483647xi32> {
  // CHECK: adamas.partition %{{[a-z0-9#]+}} ways 2147483646 tile 2147483647 : tensor<?x3x?x64xf16>
  %0 = adamas.partition %key ways 2147483646 tile 2147483647 : tensor<?x3x?x64xf16>
  return %0 : tensor<2147483647xi32>
}

// 16 is the default, so it is not printed.
// CHECK-LABEL: func.func @tile_16_is_not_printed(
func.func @tile_16_is_not_printed(%key: tensor<?x3x?x64xf16>) {
  // CHECK: adamas.partition %{{[a-z0-9#]+}} ways 7 : tensor<?x3x?x64xf16>
  %0 = adamas.partition %key ways 7 tile 16 : tensor<?x3x?x64xf16>
  return
}
