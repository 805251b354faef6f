// Remarks say what every kernel was given, and for what.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=stages" --adamas-choose-schedule="explain" -o /dev/null 2>&1 | FileCheck %s --check-prefix=STAGES
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=step" --adamas-choose-schedule="explain engine=b1" -o /dev/null 2>&1 | FileCheck %s --check-prefix=STEP
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline -o /dev/null 2>&1 | FileCheck %s --check-prefix=QUIET --allow-empty

// STAGES: remark: kernel of l1_distance, histogram: 512 threads, distances kept in 8 bits, engine popc for 1 heads of codes a key, 2 planes, 2 tokens a thread, 1 times, for batch 1 and 32768 tokens
// STAGES: remark: kernel of threshold, compact, partial_attention: 256 threads{{$}}
// STAGES: remark: kernel of {{.*}}merge_attention: 128 threads{{$}}
// STEP: remark: kernel of l1_distance, histogram, {{.*}}merge_attention: 256 threads, clusters of 4, distances kept in 8 bits, engine b1 (given) for 1 heads of codes a key, 2 planes
// QUIET-NOT: remark
func.func @decode(%q: tensor<?x3x!adamas.codes<64, 2>>, %query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
