// Placements come first: without one, or with one that cannot leave its kernel, there is no kernel.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --split-input-file --verify-diagnostics --adamas-form-kernels

func.func @no_placement(%x: tensor<?x3x64xf16>) -> tensor<?x3x64xi8> {
  %y = adamas.hadamard %x in registers : tensor<?x3x64xf16>
  // expected-error @below {{'adamas.weigh' op expects a placement, but got none; run 'adamas-assign-placements' first}}
  %w = adamas.weigh %y : tensor<?x3x64xf32>
  return %w : tensor<?x3x64xi8>
}

// -----

func.func @stale_placement(%x: tensor<?x3x64xf16>) -> tensor<?x3x64xi8> {
  %y = adamas.hadamard %x in registers : tensor<?x3x64xf16>
  // expected-error @below {{'adamas.kernel' op expects what is yielded to be placed in 'global', but got 'shared'}}
  %w = adamas.weigh %y in shared : tensor<?x3x64xf32>
  return %w : tensor<?x3x64xi8>
}
