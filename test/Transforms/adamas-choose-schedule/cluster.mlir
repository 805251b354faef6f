// A cluster stays as it was formed. CTAs that do a whole step are small, so that several share a multiprocessor; those that only select
// are as large as their part of the tokens asks.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" --adamas-assign-placements="processor=gpu fusion=step" --adamas-form-kernels="processor=gpu" -o %t
// RUN: adamas-opt %t --adamas-choose-schedule | FileCheck %s --check-prefix=STEP
// RUN: adamas-opt %t --adamas-choose-schedule="threads=128 tokens=4 iterations=8 engine=carry_save" | FileCheck %s --check-prefix=GIVEN
// RUN: not adamas-opt %t --adamas-choose-schedule="chip=sm_89" 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=selection" | FileCheck %s --check-prefixes=SELECTION,SMALL
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=selection sequence-length=65535" | FileCheck %s --check-prefixes=SELECTION,SMALL
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=selection sequence-length=65536" | FileCheck %s --check-prefixes=SELECTION,LARGE

// STEP: adamas.kernel part #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = popc, cluster = 4, distance_bits = 8>
// GIVEN: adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 4, iterations = 1, engine = carry_save, cluster = 4, distance_bits = 8>
// CHIP: error: 'adamas.kernel' op expects clusters of sm_90 or later, but got 4 CTAs for sm_89
// SELECTION: adamas.kernel token #adamas.gpu<sm = 90, threads = 512, tokens = 2, iterations = 1, engine = popc, distance_bits = 8>
// SMALL: adamas.kernel part #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = popc, cluster = 4>
// LARGE: adamas.kernel part #adamas.gpu<sm = 90, threads = 512, tokens = 2, iterations = 1, engine = popc, cluster = 4>
func.func @decode(%q: tensor<?x3x!adamas.codes<64, 2>>, %query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
