// An append placed in a cluster must have one kernel to go to.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-form-kernels="processor=gpu" -split-input-file -verify-diagnostics

func.func @no_reader(%k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x16x64xf16>, %cp: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3xf32>) -> tensor<?x3x16x64xf16> {
  // expected-error @below {{'adamas.append' op expects placement 'cluster' where a kernel reads the pools, but got none; place it in 'global'}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) in cluster : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return %0#0 : tensor<?x3x16x64xf16>
}

// -----

func.func @two_readers(%q: tensor<?x3x!adamas.codes<64, 2>>, %k: tensor<?x3x64xf16>, %s: tensor<?xi32>, %kp: tensor<?x3x?x64xf16>, %cp: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>) -> (tensor<?x3x?xi32>, tensor<?x3x64xf16>) {
  // expected-error @below {{'adamas.append' op expects placement 'cluster' where one kernel reads the pools, but got two; place it in 'global'}}
  %0:3 = adamas.append %k, %k at %s into %kp, %kp, %cp thresholds(%t : tensor<3xf32>) in cluster : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  %d = adamas.l1_distance %q, %0#2 seq_lens(%n : tensor<?xi32>) in global : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %o, %l = adamas.partial_attention %k, %0#0, %0#0 seq_lens(%n : tensor<?xi32>) in global : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>
  %m, %ml = adamas.merge_attention %o, %l to f16 in global : tensor<?x3x1x64xf32>, tensor<?x3x1xf32>
  return %d, %m : tensor<?x3x?xi32>, tensor<?x3x64xf16>
}
