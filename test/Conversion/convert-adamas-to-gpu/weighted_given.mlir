// A caller's weights may be anything that an i8 holds: eight magnitude planes, since that of -128 is 128, and a sign. Those that `weigh`
// makes have as many as their cap needs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @given_kernel1(
// CHECK-COUNT-9: nvvm.vote.sync
// CHECK-NOT: nvvm.vote.sync
// CHECK-COUNT-16: llvm.intr.ctpop
// CHECK-NOT: llvm.intr.ctpop

// CHECK-LABEL: llvm.func @cap_1_kernel1(
// CHECK-COUNT-2: llvm.intr.ctpop
// CHECK-NOT: llvm.intr.ctpop

// CHECK-LABEL: llvm.func @cap_8_kernel1(
// CHECK-COUNT-8: llvm.intr.ctpop
// CHECK-NOT: llvm.intr.ctpop
// CHECK-LABEL: adamas_gpu.program @given
func.func @given(%w: tensor<?x2x32xi8>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

func.func @cap_1(%y: tensor<?x2x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %w = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %made = adamas.weigh %y cap 1 in global : tensor<?x2x32xf32>
    adamas.yield %made : tensor<?x2x32xi8>
  } : tensor<?x2x32xi8>
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

func.func @cap_8(%y: tensor<?x2x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %w = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %made = adamas.weigh %y cap 8 in global : tensor<?x2x32xf32>
    adamas.yield %made : tensor<?x2x32xi8>
  } : tensor<?x2x32xi8>
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
