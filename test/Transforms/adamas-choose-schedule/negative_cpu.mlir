// A kernel that was formed for a CPU has no schedule to fill in.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-choose-schedule --verify-diagnostics

func.func @negative_scan_of_a_cpu(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  // expected-error @below {{'adamas.kernel' op expects a schedule of a GPU, '#adamas.gpu', but got #adamas.cpu<16, words>; run 'adamas-form-kernels' for the processor gpu}}
  %0 = adamas.kernel token #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
