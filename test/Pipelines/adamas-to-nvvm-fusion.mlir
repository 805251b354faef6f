// A step in one launch where the chip has clusters; elsewhere the same option leaves three: parts are merged through memory,
// by the CTA that is done last.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-to-nvvm-pipeline="chip=sm_90a ways=4 fusion=step" | FileCheck %s --check-prefixes=CHECK,STEP --implicit-check-not=adamas_gpu.launch
// RUN: adamas-opt %s --adamas-to-nvvm-pipeline="chip=sm_120 ways=4 fusion=selection" | FileCheck %s --check-prefixes=CHECK,SELECTION --implicit-check-not=adamas_gpu.launch
// RUN: adamas-opt %s --adamas-to-nvvm-pipeline="chip=sm_80 ways=4 fusion=step" | FileCheck %s --check-prefixes=CHECK,MEMORY --implicit-check-not=adamas_gpu.launch --implicit-check-not=cluster --implicit-check-not=mapa
// RUN: adamas-opt %s --adamas-to-nvvm-pipeline="chip=sm_89 ways=4 fusion=selection" | FileCheck %s --check-prefixes=CHECK,MEMORY --implicit-check-not=adamas_gpu.launch --implicit-check-not=cluster --implicit-check-not=mapa
// RUN: not adamas-opt %s --adamas-to-nvvm-pipeline="fusion=all" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: Cannot find option named 'all'

// Nothing but LLVM and NVVM is left in the kernels, clusters included.
// STEP-NOT: {{^ *(%[^=]* = )?}}{{arith|scf|cf|adamas|adamas_gpu}}.
// STEP: nvvm.cluster.arrive
// STEP: nvvm.mapa
// CHECK: adamas_gpu.program @decode
// STEP: adamas_gpu.launch @kernels::@decode_kernel0 {{.*}} threads 256 {{.*}} cluster 4
// SELECTION: adamas_gpu.launch @kernels::@decode_kernel0 {{.*}} threads 128
// SELECTION: adamas_gpu.launch @kernels::@decode_kernel1 {{.*}} threads
// SELECTION: adamas_gpu.launch @kernels::@decode_kernel2 {{.*}} cluster 4
// MEMORY-COUNT-3: adamas_gpu.launch @kernels::@decode_kernel{{[0-2]}}
func.func @decode(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>) -> tensor<?x3x64xf16> {
  %y = adamas.hadamard %query : tensor<?x3x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<?x3x64xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
