// What is fastest for the parts that there are and for what is expected: one launch, one for a scan and one for the rest, or one for
// each stage. Whole sequences that are many, and chips without clusters, get the last.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" -o %t
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=choose" | FileCheck %s --check-prefix=STEP
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=choose batch=8" | FileCheck %s --check-prefix=SELECTION
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=choose sequence-length=4096" | FileCheck %s --check-prefix=SELECTION
// RUN: adamas-opt %s --adamas-open-pipeline --adamas-assign-placements="processor=gpu fusion=choose batch=8" | FileCheck %s --check-prefix=STAGES --implicit-check-not=cluster
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=choose chip=sm_86" | FileCheck %s --check-prefix=STAGES --implicit-check-not=cluster
// RUN: adamas-opt %t --adamas-assign-placements="processor=cpu fusion=choose" | FileCheck %s --check-prefix=STAGES --implicit-check-not=cluster
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=choose explain" -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=choose batch=8 explain" -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN-BATCH
// RUN: not adamas-opt %t --adamas-assign-placements="processor=gpu fusion=choose chip=sm_70" 2>&1 | FileCheck %s --check-prefix=CHIP

// STEP: adamas.l1_distance {{.*}} in cluster :
// STEP: adamas.histogram {{.*}} in cluster :
// STEP: adamas.partial_attention {{.*}} in cluster :
// SELECTION: adamas.l1_distance {{.*}} in global :
// SELECTION: adamas.histogram {{.*}} in global :
// SELECTION: adamas.partial_attention {{.*}} in cluster :
// STAGES: adamas.l1_distance
// STAGES: adamas.histogram
// EXPLAIN: remark: launches by step, for the parts that there are: step of 4 parts {{[0-9.]+}} us, stages of 4 parts {{[0-9.]+}} us, selection of 4 parts {{[0-9.]+}} us; estimated for sm_90, batch 1, 32768 tokens
// EXPLAIN-BATCH: remark: launches by selection, for the parts that there are: selection of 4 parts {{[0-9.]+}} us, stages of 4 parts {{[0-9.]+}} us, step of 4 parts {{[0-9.]+}} us; estimated for sm_90, batch 8, 32768 tokens
// CHIP: error: option 'chip' expects a chip among sm_80, {{.*}}, but got 'sm_70'
func.func @decode(%q: tensor<?x32x!adamas.codes<128, 2>>, %query: tensor<?x32x128xf16>, %key: tensor<?x32x?x128xf16>, %codes: tensor<?x32x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>) -> tensor<?x32x128xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x32x!adamas.codes<128, 2>>, tensor<?x32x?x!adamas.codes<128, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x32x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x32x128xf16>, tensor<?x32x?x128xf16>, tensor<?x32x128xi32>, tensor<?x32xi32>
  return %o : tensor<?x32x128xf16>
}
