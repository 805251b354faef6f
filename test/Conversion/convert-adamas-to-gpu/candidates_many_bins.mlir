// Divided candidates are counted in sums in shared memory, whatever bins of their own a placement would keep in global memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-pipeline --adamas-split-tokens="ways=16 candidates" --adamas-assign-placements="processor=gpu chip=sm_90a fusion=selection" --adamas-form-kernels="processor=gpu" -o %t
// RUN: FileCheck %s --input-file=%t --check-prefix=PLACED
// RUN: adamas-opt %t --adamas-choose-schedule="chip=sm_90a" --convert-adamas-to-gpu | FileCheck %s

// PLACED: adamas.histogram {{.*}} candidates({{.*}} bins 15361 sink 4 in global
// CHECK: adamas_gpu.shared_memory 61456 at
func.func @decode(%query: tensor<?x8x128xf16>, %th: tensor<15xf32>, %key: tensor<?x1x?x128xf16>, %codes: tensor<?x1x?x!adamas.codes<128, 4>>, %n: tensor<?xi32>) -> (tensor<?x8x128xf16>) {
  %y = adamas.hadamard %query : tensor<?x8x128xf16>
  %w = adamas.bucketize_pack %y thresholds(%th : tensor<15xf32>) : tensor<?x8x128xf32>
  %d = adamas.l1_distance %w, %codes seq_lens(%n : tensor<?xi32>) planes 1 policy per_kv_head : tensor<?x8x!adamas.codes<128, 4>>, tensor<?x1x?x!adamas.codes<128, 4>>
  %c, %l = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 1024 sink 4 : tensor<?x1x?xi32>
  %e = adamas.l1_distance %w, %codes seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x1x1024xi32>) policy per_kv_head : tensor<?x8x!adamas.codes<128, 4>>, tensor<?x1x?x!adamas.codes<128, 4>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x1x1024xi32>) budget 128 sink 4 : tensor<?x1x1024xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x8x128xf16>, tensor<?x1x?x128xf16>, tensor<?x1x128xi32>, tensor<?x1xi32>
  return %o : tensor<?x8x128xf16>
}
