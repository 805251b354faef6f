// CTAs of a group go on to the next tokens where there are many more than the GPU has places for; those of one row never do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-choose-schedule | FileCheck %s --check-prefix=SHORT
// RUN: adamas-opt %s --adamas-choose-schedule="sequence-length=131072" | FileCheck %s --check-prefix=LONG
// RUN: adamas-opt %s --adamas-choose-schedule="batch=4" | FileCheck %s --check-prefix=LONG
// RUN: adamas-opt %s --adamas-choose-schedule="batch=64 sequence-length=131072" | FileCheck %s --check-prefix=LONGEST

// SHORT-LABEL: func.func @group(
// SHORT: adamas.kernel token #adamas.gpu<{{.*}} iterations = 1, engine = b1>
// LONG-LABEL: func.func @group(
// LONG: adamas.kernel token #adamas.gpu<{{.*}} iterations = 2, engine = b1>
// LONGEST-LABEL: func.func @group(
// LONGEST: adamas.kernel token #adamas.gpu<{{.*}} iterations = 8, engine = b1>
func.func @group(%q: tensor<?x9x!adamas.codes<64, 2>>, %c: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x9x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x9x?xi32>
  } : tensor<?x9x?xi32>
  return %0 : tensor<?x9x?xi32>
}

// SHORT-LABEL: func.func @one_row(
// SHORT: adamas.kernel token #adamas.gpu<{{.*}} iterations = 1, engine = popc>
// LONG-LABEL: func.func @one_row(
// LONG: adamas.kernel token #adamas.gpu<{{.*}} iterations = 1, engine = popc>
// LONGEST-LABEL: func.func @one_row(
// LONGEST: adamas.kernel token #adamas.gpu<{{.*}} iterations = 1, engine = popc>
func.func @one_row(%q: tensor<?x3x!adamas.codes<64, 2>>, %c: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x3x?xi32>
  } : tensor<?x3x?xi32>
  return %0 : tensor<?x3x?xi32>
}
