// Round trip of the types of the dialect.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func private @had_1_pak_3_dims(
// CHECK-SAME: tensor<2x!adamas.codes<32, 2>>, tensor<2x!adamas.codes<64, 2>>, tensor<2x!adamas.codes<128, 2>>, tensor<2x!adamas.codes<256, 2>>, tensor<2x!adamas.codes<512, 2>>, tensor<2x!adamas.codes<1024, 2>>)
func.func private @had_1_pak_3_dims(tensor<2x!adamas.codes<32, 2>>, tensor<2x!adamas.codes<64, 2>>, tensor<2x!adamas.codes<128, 2>>, tensor<2x!adamas.codes<256, 2>>, tensor<2x!adamas.codes<512, 2>>, tensor<2x!adamas.codes<1024, 2>>)

// CHECK-LABEL: func.func private @bits(
// CHECK-SAME: tensor<?x!adamas.codes<64, 1>>, tensor<?x!adamas.codes<64, 2>>, tensor<?x!adamas.codes<64, 3>>, tensor<?x!adamas.codes<64, 4>>)
func.func private @bits(tensor<?x!adamas.codes<64, 1>>, tensor<?x!adamas.codes<64, 2>>, tensor<?x!adamas.codes<64, 3>>, tensor<?x!adamas.codes<64, 4>>)

// CHECK-LABEL: func.func private @element_of_a_function_or_an_unranked_tensor(
// CHECK-SAME: !adamas.codes<64, 2>, tensor<*x!adamas.codes<64, 2>>)
func.func private @element_of_a_function_or_an_unranked_tensor(!adamas.codes<64, 2>, tensor<*x!adamas.codes<64, 2>>)
