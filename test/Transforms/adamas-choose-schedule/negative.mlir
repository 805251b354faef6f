// Unknown chips, what a chip or a schedule cannot have, and kernels of a CPU are refused.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: not adamas-opt %s --adamas-choose-schedule="chip=sm_75" 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not adamas-opt %s --adamas-choose-schedule="chip=sm_100 engine=b1" 2>&1 | FileCheck %s --check-prefix=ENGINE
// RUN: not adamas-opt %s --adamas-choose-schedule="tokens=3" 2>&1 | FileCheck %s --check-prefix=TOKENS
// RUN: not adamas-opt %s --adamas-choose-schedule="threads=48" 2>&1 | FileCheck %s --check-prefix=THREADS
// RUN: not adamas-opt %s --adamas-choose-schedule="iterations=65" 2>&1 | FileCheck %s --check-prefix=ITERATIONS
// RUN: not adamas-opt %s --adamas-choose-schedule="engine=u8" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not adamas-opt %s --adamas-choose-schedule="engine=s8" 2>&1 | FileCheck %s --check-prefix=METRIC

// CHIP: error: option 'chip' expects a chip among sm_80, sm_86, sm_89, sm_90, sm_90a, sm_100, sm_100a, sm_103, sm_120, sm_120a, but got 'sm_75'
// ENGINE: error: 'adamas.kernel' op expects an engine that the chip has, but sm_100 emulates b1; use popc
// TOKENS: error: 'adamas.kernel' op expects 'tokens' to be 2, 4 or 8, but got 3
// THREADS: error: 'adamas.kernel' op expects 'threads' to be whole warps of 32 up to 1024, but got 48
// ITERATIONS: error: 'adamas.kernel' op expects 'iterations' to be from 1 to 64, but got 65
// UNKNOWN: Cannot find option named 'u8'
// METRIC: error: 'adamas.l1_distance' op expects an engine that measures it, but s8 is for weighted distances; use popc
func.func @negative_scan(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
