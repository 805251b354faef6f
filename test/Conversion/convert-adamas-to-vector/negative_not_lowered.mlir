// What CPUs do not lower is refused by name: paging, ops outside of kernels, other constants.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --convert-adamas-to-vector

func.func @append(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %t: tensor<3x3xf32>, %p: tensor<?x16x3x64xf16>, %c: tensor<?x16x3x!adamas.codes<64, 2>>) -> tensor<?x16x3x64xf16> {
  // expected-error @below {{'adamas.append' op is not lowered to CPUs; evaluate it with the reference}}
  %0:3 = adamas.append %k, %k at %s into %p, %p, %c thresholds(%t : tensor<3x3xf32>) layout token_major : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x16x3x64xf16>, tensor<?x16x3x!adamas.codes<64, 2>>
  return %0#0 : tensor<?x16x3x64xf16>
}

// -----

func.func @paged_view(%p: tensor<?x16x3x64xf16>, %table: tensor<?x8xi32>) -> tensor<?x3x128x64xf16> {
  // expected-error @below {{'adamas.paged_view' op is not lowered to CPUs; evaluate it with the reference}}
  %view = adamas.paged_view %p, %table layout token_major : tensor<?x16x3x64xf16>, tensor<?x8xi32>
  return %view : tensor<?x3x128x64xf16>
}

// -----

func.func @no_kernel(%x: tensor<?x2x32xf32>) -> tensor<?x2x32xf32> {
  // expected-error @below {{'adamas.hadamard' op is not lowered to CPUs; evaluate it with the reference}}
  %y = adamas.hadamard %x : tensor<?x2x32xf32>
  return %y : tensor<?x2x32xf32>
}

// -----

func.func @constant(%x: tensor<?x2x32xf32>) -> tensor<?x2x!adamas.codes<32, 1>> {
  // expected-error @below {{'arith.constant' op is not lowered to CPUs; pass the tensor as an argument}}
  %t = arith.constant dense<0.5> : tensor<1xf32>
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %q = adamas.bucketize_pack %x thresholds(%t : tensor<1xf32>) in global : tensor<?x2x32xf32>
    adamas.yield %q : tensor<?x2x!adamas.codes<32, 1>>
  } : tensor<?x2x!adamas.codes<32, 1>>
  return %0 : tensor<?x2x!adamas.codes<32, 1>>
}
