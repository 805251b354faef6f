// Round trip of adamas.bucketize_pack: 1 to 4 bits, both kinds of thresholds, offset, axis of heads, placement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @buk_1_thresholds_of_1_to_4_bits(
func.func @buk_1_thresholds_of_1_to_4_bits(%y: tensor<?x9x64xf32>, %t1: tensor<1xf32>, %t2: tensor<3xf32>, %t3: tensor<7xf32>, %t4: tensor<15xf32>) -> (tensor<?x9x!adamas.codes<64, 1>>, tensor<?x9x!adamas.codes<64, 2>>, tensor<?x9x!adamas.codes<64, 3>>, tensor<?x9x!adamas.codes<64, 4>>) {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<1xf32>) : tensor<?x9x64xf32>
  %0 = adamas.bucketize_pack %y thresholds(%t1 : tensor<1xf32>) : tensor<?x9x64xf32>
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<3xf32>) : tensor<?x9x64xf32>
  %1 = adamas.bucketize_pack %y thresholds(%t2 : tensor<3xf32>) : tensor<?x9x64xf32>
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<7xf32>) : tensor<?x9x64xf32>
  %2 = adamas.bucketize_pack %y thresholds(%t3 : tensor<7xf32>) : tensor<?x9x64xf32>
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<15xf32>) : tensor<?x9x64xf32>
  %3 = adamas.bucketize_pack %y thresholds(%t4 : tensor<15xf32>) : tensor<?x9x64xf32>
  return %0, %1, %2, %3 : tensor<?x9x!adamas.codes<64, 1>>, tensor<?x9x!adamas.codes<64, 2>>, tensor<?x9x!adamas.codes<64, 3>>, tensor<?x9x!adamas.codes<64, 4>>
}

// CHECK-LABEL: func.func @buk_1_fixed_thresholds_increase(
func.func @buk_1_fixed_thresholds_increase(%y: tensor<?x9x64xf32>) -> (tensor<?x9x!adamas.codes<64, 2>>, tensor<?x9x!adamas.codes<64, 1>>) {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} fixed [-1.000000e+01, 0.000000e+00, 1.000000e+01] : tensor<?x9x64xf32>
  %0 = adamas.bucketize_pack %y fixed [-1.000000e+01, 0.000000e+00, 1.000000e+01] : tensor<?x9x64xf32>
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} fixed [0.000000e+00] : tensor<?x9x64xf32>
  %1 = adamas.bucketize_pack %y fixed [0.000000e+00] : tensor<?x9x64xf32>
  return %0, %1 : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x9x!adamas.codes<64, 1>>
}

// The smallest f32 above 1 and the largest finite one are still increasing and finite.
// CHECK-LABEL: func.func @buk_1_fixed_thresholds_are_close_or_large(
func.func @buk_1_fixed_thresholds_are_close_or_large(%y: tensor<?x9x64xf32>) {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} fixed [1.000000e+00, 1.00000012, 3.40282347E+38] : tensor<?x9x64xf32>
  %0 = adamas.bucketize_pack %y fixed [1.000000e+00, 1.00000012, 3.40282347E+38] : tensor<?x9x64xf32>
  return
}

// CHECK-LABEL: func.func @buk_2_one_set_per_kv_head(
func.func @buk_2_one_set_per_kv_head(%y: tensor<?x9x64xf32>, %t: tensor<3x3xf32>) -> tensor<?x9x!adamas.codes<64, 2>> {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<3x3xf32>) : tensor<?x9x64xf32>
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x9x64xf32>
  return %0 : tensor<?x9x!adamas.codes<64, 2>>
}

// CHECK-LABEL: func.func @buk_2_one_set_of_rank_2(
func.func @buk_2_one_set_of_rank_2(%y: tensor<?x7x64xf32>, %t: tensor<1x3xf32>) -> tensor<?x7x!adamas.codes<64, 2>> {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<1x3xf32>) : tensor<?x7x64xf32>
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<1x3xf32>) : tensor<?x7x64xf32>
  return %0 : tensor<?x7x!adamas.codes<64, 2>>
}

// CHECK-LABEL: func.func @buk_2_query_tokens(
func.func @buk_2_query_tokens(%y: tensor<?x8x9x64xf32>, %t: tensor<9x7xf32>) -> tensor<?x8x9x!adamas.codes<64, 3>> {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<9x7xf32>) : tensor<?x8x9x64xf32>
  %0 = adamas.bucketize_pack %y thresholds(%t : tensor<9x7xf32>) : tensor<?x8x9x64xf32>
  return %0 : tensor<?x8x9x!adamas.codes<64, 3>>
}

// CHECK-LABEL: func.func @buk_5_offset_of_keys(
func.func @buk_5_offset_of_keys(%key: tensor<?x3x?x64xf32>, %t: tensor<3x3xf32>, %o: tensor<3x64xf32>) -> tensor<?x3x?x!adamas.codes<64, 2>> {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<3x3xf32>) offset(%{{[a-z0-9#]+}} : tensor<3x64xf32>) heads_axis 1 : tensor<?x3x?x64xf32>
  %0 = adamas.bucketize_pack %key thresholds(%t : tensor<3x3xf32>) offset(%o : tensor<3x64xf32>) heads_axis 1 : tensor<?x3x?x64xf32>
  return %0 : tensor<?x3x?x!adamas.codes<64, 2>>
}

// CHECK-LABEL: func.func @buk_5_offset_with_fixed(
func.func @buk_5_offset_with_fixed(%key: tensor<1x3x128x64xf32>, %o: tensor<3x64xf32>) -> tensor<1x3x128x!adamas.codes<64, 2>> {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} fixed [-1.000000e+00, 0.000000e+00, 1.000000e+00] offset(%{{[a-z0-9#]+}} : tensor<3x64xf32>) heads_axis 1 : tensor<1x3x128x64xf32>
  %0 = adamas.bucketize_pack %key fixed [-1.000000e+00, 0.000000e+00, 1.000000e+00] offset(%o : tensor<3x64xf32>) heads_axis 1 : tensor<1x3x128x64xf32>
  return %0 : tensor<1x3x128x!adamas.codes<64, 2>>
}

// CHECK-LABEL: func.func @pak_3_dim_is_32_to_1024(
func.func @pak_3_dim_is_32_to_1024(%a: tensor<?x1x32xf32>, %b: tensor<?x1x1024xf32>, %t: tensor<1xf32>) -> (tensor<?x1x!adamas.codes<32, 1>>, tensor<?x1x!adamas.codes<1024, 1>>) {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<1xf32>) : tensor<?x1x32xf32>
  %0 = adamas.bucketize_pack %a thresholds(%t : tensor<1xf32>) : tensor<?x1x32xf32>
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<1xf32>) : tensor<?x1x1024xf32>
  %1 = adamas.bucketize_pack %b thresholds(%t : tensor<1xf32>) : tensor<?x1x1024xf32>
  return %0, %1 : tensor<?x1x!adamas.codes<32, 1>>, tensor<?x1x!adamas.codes<1024, 1>>
}

// Without an offset the heads matter to an operand's sets only, so shared ones of an attribute leave them open.
// CHECK-LABEL: func.func @fixed_leaves_the_heads_open(
func.func @fixed_leaves_the_heads_open(%y: tensor<?x64xf32>) -> tensor<?x!adamas.codes<64, 1>> {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} fixed [0.000000e+00] : tensor<?x64xf32>
  %0 = adamas.bucketize_pack %y fixed [0.000000e+00] : tensor<?x64xf32>
  return %0 : tensor<?x!adamas.codes<64, 1>>
}

// CHECK-LABEL: func.func @placement_comes_last(
func.func @placement_comes_last(%y: tensor<?x9x64xf32>) {
  // CHECK: adamas.bucketize_pack %{{[a-z0-9#]+}} fixed [0.000000e+00] heads_axis 0 in registers : tensor<?x9x64xf32>
  %0 = adamas.bucketize_pack %y fixed [0.000000e+00] heads_axis 0 in registers : tensor<?x9x64xf32>
  return
}
