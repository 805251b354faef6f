// On a GPU a scan and a selection are kernels of their own, so what passes between them is global. Lists of one part stay with
// the CTA that made them; outputs of several parts are merged by others.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline --adamas-assign-placements="processor=gpu" | FileCheck %s --check-prefixes=CHECK,ONE
// RUN: adamas-opt %s --adamas-open-pipeline="ways=3" --adamas-assign-placements="processor=gpu" | FileCheck %s --check-prefixes=CHECK,PARTS
// RUN: not adamas-opt %s --adamas-assign-placements="processor=tpu" 2>&1 | FileCheck %s --check-prefix=PROCESSOR
// PROCESSOR: Cannot find option named 'tpu'

// CHECK-LABEL: func.func @decode(
// CHECK: adamas.hadamard {{.*}} in registers :
// CHECK: adamas.bucketize_pack {{.*}} in global :
// CHECK: adamas.l1_distance {{.*}} in global :
// CHECK: adamas.histogram {{.*}} in global :
// CHECK: adamas.threshold {{.*}} in shared :
// CHECK: adamas.compact {{.*}} in shared :
// ONE: adamas.partial_attention {{.*}} in shared :
// PARTS: adamas.partial_attention {{.*}} in global :
// CHECK: adamas.merge_attention {{.*}} in global :
func.func @decode(%query: tensor<?x9x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3x3xf32>) -> tensor<?x9x64xf16> {
  %y = adamas.hadamard %query : tensor<?x9x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x9x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x9x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x9x64xf16>, tensor<?x3x?x64xf16>, tensor<?x9x128xi32>, tensor<?x9xi32>
  return %o : tensor<?x9x64xf16>
}
