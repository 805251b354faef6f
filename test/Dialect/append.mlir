// Round trip of adamas.append: both layouts, element types, bits, thresholds, offset.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @kv_1_head_major(
func.func @kv_1_head_major(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) -> (tensor<?x3x16x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>) {
  // CHECK: adamas.append %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} at %{{[a-z0-9#]+}} into %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return %0#0, %0#1, %0#2 : tensor<?x3x16x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
}

// CHECK-LABEL: func.func @kv_1_token_major(
func.func @kv_1_token_major(%k: tensor<?x3x64xbf16>, %s: tensor<?xi32>, %kp: tensor<?x16x3x64xbf16>, %cp: tensor<?x16x3x!adamas.codes<64, 4>>, %t: tensor<15xf32>) -> (tensor<?x16x3x64xbf16>, tensor<?x16x3x64xbf16>, tensor<?x16x3x!adamas.codes<64, 4>>) {
  // CHECK: adamas.append %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} at %{{[a-z0-9#]+}} into %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<15xf32>) layout token_major : tensor<?x3x64xbf16>, tensor<?xi32>, tensor<?x16x3x64xbf16>, tensor<?x16x3x!adamas.codes<64, 4>>
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<15xf32>) layout token_major : tensor<?x3x64xbf16>, tensor<?xi32>, tensor<?x16x3x64xbf16>, tensor<?x16x3x!adamas.codes<64, 4>>
  return %0#0, %0#1, %0#2 : tensor<?x16x3x64xbf16>, tensor<?x16x3x64xbf16>, tensor<?x16x3x!adamas.codes<64, 4>>
}

// head_major is the default, so it is not printed.
// CHECK-LABEL: func.func @kv_1_head_major_is_not_printed(
func.func @kv_1_head_major_is_not_printed(%k: tensor<5x1x32xf32>, %s: tensor<5xi32>, %kp: tensor<2x1x8x32xf32>, %cp: tensor<2x1x8x!adamas.codes<32, 1>>, %t: tensor<1xf32>) {
  // CHECK: adamas.append %{{.*}} thresholds(%{{[a-z0-9#]+}} : tensor<1xf32>) : tensor<5x1x32xf32>, tensor<5xi32>, tensor<2x1x8x32xf32>, tensor<2x1x8x!adamas.codes<32, 1>>
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<1xf32>) layout head_major : tensor<5x1x32xf32>, tensor<5xi32>, tensor<2x1x8x32xf32>, tensor<2x1x8x!adamas.codes<32, 1>>
  return
}

// CHECK-LABEL: func.func @kv_2_codes_at_the_slots_of_k_in_a_contiguous_cache(
func.func @kv_2_codes_at_the_slots_of_k_in_a_contiguous_cache(%k: tensor<1x3x64xf16>, %s: tensor<1xi32>, %kp: tensor<?x3x?x64xf16>, %cp: tensor<?x3x?x!adamas.codes<64, 2>>, %t: tensor<3xf32>) {
  // CHECK: adamas.append %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} at %{{[a-z0-9#]+}} into %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<3xf32>) : tensor<1x3x64xf16>, tensor<1xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) : tensor<1x3x64xf16>, tensor<1xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// CHECK-LABEL: func.func @kv_3_any_number_of_new_tokens(
func.func @kv_3_any_number_of_new_tokens(%none: tensor<0x3x64xf16>, %zero: tensor<0xi32>, %many: tensor<4096x3x64xf16>, %s: tensor<4096xi32>, %kp: tensor<?x3x?x64xf16>, %cp: tensor<?x3x?x!adamas.codes<64, 2>>, %t: tensor<3xf32>) {
  // CHECK: adamas.append %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} at %{{[a-z0-9#]+}} into %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<3xf32>) : tensor<0x3x64xf16>, tensor<0xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  %0:3 = adamas.append %none, %none at %zero into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) : tensor<0x3x64xf16>, tensor<0xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.append %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} at %{{[a-z0-9#]+}} into %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<3xf32>) : tensor<4096x3x64xf16>, tensor<4096xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  %1:3 = adamas.append %many, %many at %s into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) : tensor<4096x3x64xf16>, tensor<4096xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// CHECK-LABEL: func.func @buk_5_offset(
func.func @buk_5_offset(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x16x3x64xf16>, %cp: tensor<?x16x3x!adamas.codes<64, 3>>, %t: tensor<3x7xf32>, %o: tensor<3x64xf32>) {
  // CHECK: adamas.append %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} at %{{[a-z0-9#]+}} into %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} thresholds(%{{[a-z0-9#]+}} : tensor<3x7xf32>) offset(%{{[a-z0-9#]+}} : tensor<3x64xf32>) layout token_major : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x16x3x64xf16>, tensor<?x16x3x!adamas.codes<64, 3>>
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3x7xf32>) offset(%o : tensor<3x64xf32>) layout token_major : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x16x3x64xf16>, tensor<?x16x3x!adamas.codes<64, 3>>
  return
}

// CHECK-LABEL: func.func @in_cluster(
func.func @in_cluster(%k: tensor<1x3x64xf16>, %s: tensor<1xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3xf32>) {
  // CHECK: adamas.append {{.*}} thresholds(%{{[a-z0-9#]+}} : tensor<3xf32>) in cluster : tensor<1x3x64xf16>
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) in cluster : tensor<1x3x64xf16>, tensor<1xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  // CHECK: adamas.append {{.*}} thresholds(%{{[a-z0-9#]+}} : tensor<3xf32>) in global : tensor<1x3x64xf16>
  %1:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) in global : tensor<1x3x64xf16>, tensor<1xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return
}
