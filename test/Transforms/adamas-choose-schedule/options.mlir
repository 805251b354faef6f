// What an option gives is taken as it is, for scans; the engine for every kernel that measures.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-choose-schedule="threads=64 tokens=8 iterations=5 engine=carry_save" | FileCheck %s --check-prefix=GIVEN
// RUN: adamas-opt %s --adamas-choose-schedule="threads=64" | FileCheck %s --check-prefix=THREADS
// RUN: adamas-opt %s --adamas-choose-schedule="tokens=4 engine=b1" | FileCheck %s --check-prefix=TOKENS
// RUN: adamas-opt %s --adamas-choose-schedule="iterations=64 engine=choose" | FileCheck %s --check-prefix=ITERATIONS

// GIVEN-LABEL: func.func @scan(
// GIVEN: adamas.kernel token #adamas.gpu<sm = 90, threads = 64, tokens = 8, iterations = 5, engine = carry_save>
// THREADS-LABEL: func.func @scan(
// THREADS: adamas.kernel token #adamas.gpu<sm = 90, threads = 64, tokens = 2, iterations = 1, engine = popc>
// TOKENS-LABEL: func.func @scan(
// TOKENS: adamas.kernel token #adamas.gpu<sm = 90, threads = 512, tokens = 4, iterations = 1, engine = b1>
// ITERATIONS-LABEL: func.func @scan(
// ITERATIONS: adamas.kernel token #adamas.gpu<sm = 90, threads = 512, tokens = 2, iterations = 64, engine = popc>
func.func @scan(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// GIVEN-LABEL: func.func @rotation(
// GIVEN: adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc>
// TOKENS-LABEL: func.func @rotation(
// TOKENS: adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc>
func.func @rotation(%x: tensor<?x2x64xf16>) -> tensor<?x2x64xf32> {
  %0 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %y = adamas.hadamard %x in global : tensor<?x2x64xf16>
    adamas.yield %y : tensor<?x2x64xf32>
  } : tensor<?x2x64xf32>
  return %0 : tensor<?x2x64xf32>
}

// GIVEN-LABEL: func.func @candidates(
// GIVEN: adamas.kernel part #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = carry_save>
func.func @candidates(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %l: tensor<?x2x32xi32>) -> tensor<?x2x32xi32> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c candidates(%l : tensor<?x2x32xi32>) in global : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x2x32xi32>
  } : tensor<?x2x32xi32>
  return %0 : tensor<?x2x32xi32>
}
