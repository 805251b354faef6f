// What stays in a cluster: outputs of the parts (selection), and what the parts measure and count (step), where at most eight CTAs hold
// them and bins fit shared memory. What the function returns goes to global memory all the same.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" -o %t
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=stages" | FileCheck %s --check-prefixes=CHECK,STAGES
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=selection" | FileCheck %s --check-prefixes=CHECK,SELECTION
// RUN: adamas-opt %t --adamas-assign-placements="processor=gpu fusion=step" -o %t.step
// RUN: FileCheck %s --check-prefixes=CHECK,STEP --input-file=%t.step
// RUN: adamas-opt %s --adamas-open-pipeline="ways=9" --adamas-assign-placements="processor=gpu fusion=step" | FileCheck %s --check-prefix=NINE
// RUN: adamas-opt %s --adamas-open-pipeline="ways=1" --adamas-assign-placements="processor=gpu fusion=step" | FileCheck %s --check-prefix=WHOLE
//
// Run again it changes nothing, a CPU has no clusters, and each way of fusing has a name.
// RUN: adamas-opt %t.step --adamas-assign-placements="processor=gpu fusion=step" | diff %t.step -
// RUN: adamas-opt %t --adamas-assign-placements="processor=cpu fusion=step" | FileCheck %s --check-prefix=CPU --implicit-check-not="in cluster"
// RUN: not adamas-opt %s --adamas-assign-placements="processor=gpu fusion=all" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: Cannot find option named 'all'

// CHECK-LABEL: func.func @outputs(
// CHECK: adamas.hadamard {{.*}} in registers :
// STAGES: adamas.bucketize_pack {{.*}} in global :
// STAGES: adamas.l1_distance {{.*}} in global :
// STAGES: adamas.histogram {{.*}} in global :
// SELECTION: adamas.bucketize_pack {{.*}} in global :
// SELECTION: adamas.l1_distance {{.*}} in global :
// SELECTION: adamas.histogram {{.*}} in global :
// STEP: adamas.bucketize_pack {{.*}} in shared :
// STEP: adamas.l1_distance {{.*}} in cluster :
// STEP: adamas.histogram {{.*}} in cluster :
// CHECK: adamas.threshold {{.*}} in shared :
// CHECK: adamas.compact {{.*}} in shared :
// STAGES: adamas.partial_attention {{.*}} in global :
// SELECTION: adamas.partial_attention {{.*}} in cluster :
// STEP: adamas.partial_attention {{.*}} in cluster :
// CHECK: adamas.merge_attention {{.*}} in global :

// Nine parts are too many for a cluster: their outputs pass through memory to the CTA that is done last. The scan makes
// the query's rows for itself.
// NINE-LABEL: func.func @outputs(
// NINE: adamas.hadamard {{.*}} in registers :
// NINE: adamas.bucketize_pack {{.*}} in shared :
// NINE: adamas.l1_distance {{.*}} in global :
// NINE: adamas.histogram {{.*}} in global :
// NINE: adamas.partial_attention {{.*}} in grid :

// One part needs no cluster for its output, and the CTA that scans it selects from it.
// WHOLE-LABEL: func.func @outputs(
// WHOLE: adamas.bucketize_pack {{.*}} in shared :
// WHOLE: adamas.l1_distance {{.*}} in cluster :
// WHOLE: adamas.histogram {{.*}} in cluster :
// WHOLE: adamas.partial_attention {{.*}} in shared :
// WHOLE: adamas.merge_attention {{.*}} in global :

// CPU-LABEL: func.func @outputs(
// CPU: adamas.merge_attention {{.*}} in global :
func.func @outputs(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>) -> tensor<?x3x64xf16> {
  %y = adamas.hadamard %query : tensor<?x3x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<?x3x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}

// CHECK-LABEL: func.func @returned(
// CHECK: adamas.bucketize_pack {{.*}} in global :
// STEP: adamas.l1_distance {{.*}} in cluster :
// STEP: adamas.histogram {{.*}} in cluster :
// CHECK: adamas.compact {{.*}} in global :
// CHECK: adamas.join {{.*}} in global :
// STEP: adamas.partial_attention {{.*}} in cluster :
// CHECK: adamas.merge_attention {{.*}} in global :
func.func @returned(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>) -> (tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x128xi32>, tensor<?x3x64xf16>) {
  %y = adamas.hadamard %query : tensor<?x3x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<?x3x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %q, %i, %o : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x128xi32>, tensor<?x3x64xf16>
}

// 15361 bins are more than 48 KiB.
// CHECK-LABEL: func.func @many_bins(
// CHECK: adamas.l1_distance {{.*}} in global :
// CHECK: adamas.histogram {{.*}} bins 15361 in global :
// CHECK: adamas.compact {{.*}} in shared :
// STAGES: adamas.partial_attention {{.*}} in global :
// SELECTION: adamas.partial_attention {{.*}} in cluster :
// STEP: adamas.partial_attention {{.*}} in cluster :
func.func @many_bins(%q: tensor<?x3x!adamas.codes<1024, 4>>, %query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<1024, 4>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<1024, 4>>, tensor<?x3x?x!adamas.codes<1024, 4>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
