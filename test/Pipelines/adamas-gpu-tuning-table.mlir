// Options come before what a tuning table measured, and that before the estimate.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// DEFINE: %{inputs} = %S/../Transforms/adamas-split-tokens/Inputs
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="table=%{inputs}/tuned.json" | FileCheck %s --check-prefixes=CHECK,TUNED
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="table=%{inputs}/tuned.json batch=7 sequence-length=40000" | FileCheck %s --check-prefixes=CHECK,BATCH
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="table=%{inputs}/tuned.json threads=64 engine=popc" | FileCheck %s --check-prefixes=CHECK,SOME
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="table=%{inputs}/tuned.json ways=4" | FileCheck %s --check-prefixes=CHECK,WAYS
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="table=%{inputs}/tuned.json fusion=stages" | FileCheck %s --check-prefixes=CHECK,STAGES
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="table=%{inputs}/tuned.json batch=3" | FileCheck %s --check-prefixes=CHECK,FAR
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="table=%{inputs}/tuned.json chip=sm_80" | FileCheck %s --check-prefixes=CHECK,CHIP --implicit-check-not=cluster
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="table=none" | FileCheck %s --check-prefixes=CHECK,NONE
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="table=%{inputs}/tuned.json explain" -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN
// RUN: not adamas-opt %s --adamas-gpu-kernels-pipeline="table=%{inputs}/bad.json" 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: not adamas-opt %s --adamas-gpu-kernels-pipeline="table=%t.none ways=1 fusion=stages" 2>&1 | FileCheck %s --check-prefix=MISSING

// CHECK-LABEL: func.func @decode(
// TUNED: adamas.partition %{{.*}} ways 5
// TUNED: adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 4, iterations = 1, engine = carry_save, cluster = 5{{.*}}>
// TUNED-NOT: adamas.kernel

// BATCH: adamas.partition %{{.*}} ways 2
// BATCH: adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 3, engine = popc{{.*}}>
// BATCH: adamas.merge_attention

// SOME: adamas.kernel part #adamas.gpu<sm = 90, threads = 64, tokens = 4, iterations = 1, engine = popc, cluster = 5{{.*}}>

// Launches for four parts are estimated; what is measured of a step then holds.
// WAYS: adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 4, iterations = 1, engine = carry_save, cluster = 4{{.*}}>

// What was measured was another way to launch.
// STAGES: adamas.partition %{{.*}} ways 4
// STAGES: adamas.kernel token #adamas.gpu<sm = 90, threads = 512, tokens = 2, iterations = 1, engine = popc{{.*}}>

// FAR: adamas.kernel {{.*}} engine = popc
// CHIP: adamas.partition %{{.*}} ways 3
// NONE: adamas.partition %{{.*}} ways 6

// EXPLAIN: remark: divides tokens in 5: step of 5 parts; measured, 15.5 us for l1 of 32/32 heads of 128, batch 1, 32768 tokens, budget 128; faster than dense attention from 1234 tokens on (measured)
// EXPLAIN: remark: launches by step, for the parts that there are: step of 5 parts; measured, 15.5 us
// EXPLAIN: remark: kernel of {{.*}} engine carry_save (measured) {{.*}}; table: l1 of 32/32 heads of 128, batch 1, 32768 tokens, budget 128

// BAD: error: option 'table': tuning table {{.*}}bad.json: missing value at table.entries[0].query_heads
// MISSING: error: option 'table': tuning table {{.*}}.none: expected a file, but got No such file or directory
func.func @decode(%query: tensor<?x32x128xf16>, %key: tensor<?x32x?x128xf16>, %codes: tensor<?x32x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>) -> tensor<?x32x128xf16> {
  %y = adamas.hadamard %query : tensor<?x32x128xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<?x32x128xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x32x!adamas.codes<128, 2>>, tensor<?x32x?x!adamas.codes<128, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x32x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x32x128xf16>, tensor<?x32x?x128xf16>, tensor<?x32x128xi32>, tensor<?x32xi32>
  return %o : tensor<?x32x128xf16>
}
