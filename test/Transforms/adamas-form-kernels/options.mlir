// Options say what the vector code of every kernel may use; others are refused.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-form-kernels | FileCheck %s --check-prefix=DEFAULT
// RUN: adamas-opt %s --adamas-form-kernels="lanes=8 popcount=bytes" | FileCheck %s --check-prefix=AVX2
// RUN: adamas-opt %s --adamas-form-kernels="lanes=4 popcount=words" | FileCheck %s --check-prefix=FOUR
// RUN: not adamas-opt %s --adamas-form-kernels="lanes=0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not adamas-opt %s --adamas-form-kernels="lanes=32" 2>&1 | FileCheck %s --check-prefix=WIDE
// RUN: not adamas-opt %s --adamas-form-kernels="popcount=nibbles" 2>&1 | FileCheck %s --check-prefix=POPCOUNT

// DEFAULT-COUNT-2: adamas.kernel {{row|token}} #adamas.cpu<16, words> {
// AVX2-COUNT-2: adamas.kernel {{row|token}} #adamas.cpu<8, bytes> {
// FOUR-COUNT-2: adamas.kernel {{row|token}} #adamas.cpu<4, words> {
// ZERO: error: expects option 'lanes' to be 4, 8 or 16, but got 0
// WIDE: error: expects option 'lanes' to be 4, 8 or 16, but got 32
// POPCOUNT: Cannot find option named 'nibbles'
func.func @two(%x: tensor<?x3x64xf16>, %k: tensor<?x3x?x64xf32>) -> (tensor<?x3x64xf32>, tensor<?x3x?x!adamas.codes<64, 1>>) {
  %y = adamas.hadamard %x in global : tensor<?x3x64xf16>
  %c = adamas.bucketize_pack %k fixed [0.0] heads_axis 1 in global : tensor<?x3x?x64xf32>
  return %y, %c : tensor<?x3x64xf32>, tensor<?x3x?x!adamas.codes<64, 1>>
}
