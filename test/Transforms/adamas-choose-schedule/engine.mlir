// Who measures: population counts one L1 head, matrix products groups and weights. Where those of bits are emulated, carry-save adders
// stand in for groups and products of bytes for weights. Query tokens are work items of their own and make no group.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-choose-schedule="chip=sm_80" | FileCheck %s --check-prefixes=CHECK,NATIVE -D$SM=80
// RUN: adamas-opt %s --adamas-choose-schedule="chip=sm_86" | FileCheck %s --check-prefixes=CHECK,NATIVE -D$SM=86
// RUN: adamas-opt %s --adamas-choose-schedule="chip=sm_89" | FileCheck %s --check-prefixes=CHECK,NATIVE -D$SM=89
// RUN: adamas-opt %s --adamas-choose-schedule | FileCheck %s --check-prefixes=CHECK,NATIVE -D$SM=90
// RUN: adamas-opt %s --adamas-choose-schedule="chip=sm_90a" | FileCheck %s --check-prefixes=CHECK,NATIVE -D$SM=90
// RUN: adamas-opt %s --adamas-choose-schedule="chip=sm_100" | FileCheck %s --check-prefixes=CHECK,EMULATED -D$SM=100
// RUN: adamas-opt %s --adamas-choose-schedule="chip=sm_120" | FileCheck %s --check-prefixes=CHECK,EMULATED -D$SM=120

// CHECK-LABEL: func.func @l1_one_head(
// CHECK: adamas.kernel token #adamas.gpu<sm = [[$SM]], {{.*}} engine = popc>
func.func @l1_one_head(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// CHECK-LABEL: func.func @l1_group(
// NATIVE: adamas.kernel token #adamas.gpu<sm = [[$SM]], {{.*}} engine = b1>
// EMULATED: adamas.kernel token #adamas.gpu<sm = [[$SM]], {{.*}} engine = carry_save>
func.func @l1_group(%q: tensor<?x4x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x4x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x4x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x4x?xi32>
  } : tensor<?x4x?xi32>
  return %0 : tensor<?x4x?xi32>
}

// CHECK-LABEL: func.func @weighted_one_head(
// NATIVE: adamas.kernel token #adamas.gpu<sm = [[$SM]], {{.*}} engine = b1>
// EMULATED: adamas.kernel token #adamas.gpu<sm = [[$SM]], {{.*}} engine = s8>
func.func @weighted_one_head(%w: tensor<?x2x64xi8>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x64xi8>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// CHECK-LABEL: func.func @weighted_group(
// NATIVE: adamas.kernel token #adamas.gpu<sm = [[$SM]], {{.*}} engine = b1>
// EMULATED: adamas.kernel token #adamas.gpu<sm = [[$SM]], {{.*}} engine = s8>
func.func @weighted_group(%w: tensor<?x6x64xi8>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x6x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x6x64xi8>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x6x?xi32>
  } : tensor<?x6x?xi32>
  return %0 : tensor<?x6x?xi32>
}

// CHECK-LABEL: func.func @l1_query_tokens(
// CHECK: adamas.kernel token #adamas.gpu<sm = [[$SM]], {{.*}} engine = popc>
func.func @l1_query_tokens(%q: tensor<?x5x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x5x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x5x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x5x2x?xi32>
  } : tensor<?x5x2x?xi32>
  return %0 : tensor<?x5x2x?xi32>
}
