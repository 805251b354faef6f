// Form 1 to form 2: selections and attention opened, the token axis in 'ways' parts, a shared histogram made once, the form checked.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline | FileCheck %s --check-prefix=WHOLE --implicit-check-not=adamas.partition
// RUN: adamas-opt %s --adamas-open-pipeline | FileCheck %s --check-prefix=ONCE
// RUN: adamas-opt %s --adamas-open-pipeline="ways=4" | FileCheck %s --check-prefix=SPLIT
// RUN: not adamas-opt %s --adamas-open-pipeline="ways=0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not adamas-opt %s --adamas-open-pipeline="lanes=8" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: adamas-opt %examples/decode_two_pass.mlir --adamas-open-pipeline -o %t
// RUN: adamas-opt %t --adamas-open-pipeline | diff %t -

// WHOLE-LABEL: func.func @two_budgets(
// WHOLE: adamas.histogram {{.*}} bins 33 :
// WHOLE: adamas.threshold {{.*}} need 15
// WHOLE: adamas.compact {{.*}} budget 16
// WHOLE: adamas.partial_attention {{.*}} indices(%{{.*}} : tensor<?x4x1x16xi32>, tensor<?x4x1xi32>)
// WHOLE: adamas.merge_attention {{.*}} : tensor<?x4x1x32xf32>, tensor<?x4x1xf32>
// WHOLE-NOT: {{topk|sparse_attention}}

// ONCE-COUNT-1: adamas.histogram
// ONCE-NOT: adamas.histogram

// SPLIT-LABEL: func.func @two_budgets(
// SPLIT-COUNT-1: %[[PARTS:.*]] = adamas.partition %{{.*}} ways 4
// SPLIT-NOT: adamas.partition
// SPLIT: adamas.histogram {{.*}} parts(%[[PARTS]] : tensor<5xi32>)
// SPLIT: adamas.compact {{.*}} parts(%[[PARTS]] : tensor<5xi32>)
// SPLIT: adamas.merge_attention {{.*}} : tensor<?x4x4x32xf32>, tensor<?x4x4xf32>

// ZERO: error: expects option 'ways' to be from 1 to 1048576, but got 0
// OTHER: no such option lanes
func.func @two_budgets(%x: tensor<?x4x32xf32>, %k: tensor<?x2x?x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<?x4x32xf32>, tensor<?x4x8xi32>) {
  %q = adamas.bucketize_pack %x fixed [0.0] : tensor<?x4x32xf32>
  %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) : tensor<?x4x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 16 : tensor<?x4x?xi32>
  %j, %l = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 8 : tensor<?x4x?xi32>
  %o = adamas.sparse_attention %x, %k, %k, %i, %m : tensor<?x4x32xf32>, tensor<?x2x?x32xf32>, tensor<?x4x16xi32>, tensor<?x4xi32>
  return %o, %j : tensor<?x4x32xf32>, tensor<?x4x8xi32>
}
