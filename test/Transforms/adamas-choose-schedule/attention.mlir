// Matrix products attend where at least four heads share their tokens and a part of a list has 512 rows for them, in f16 and bf16; what is
// asked for counts where products fit.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=1 fusion=stages" | FileCheck %s
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=stages" | FileCheck %s --check-prefix=SHORT --implicit-check-not="attention = mma"
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=stages attention=mma" | FileCheck %s --check-prefix=GIVEN
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=1 fusion=stages attention=fma" | FileCheck %s --check-prefix=SHORT --implicit-check-not="attention = mma"
// RUN: not adamas-opt %s --adamas-gpu-kernels-pipeline="attention=wgmma" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=1 fusion=stages explain" -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN
// EXPLAIN: remark: kernel of threshold, compact, {{.*}}threads, attention by matrix products
// UNKNOWN: Cannot find option named 'wgmma'

// CHECK-LABEL: func.func @four_heads(
// CHECK: adamas.kernel part #adamas.gpu<{{.*}}, attention = mma>
// SHORT-LABEL: func.func @four_heads(
// SHORT: adamas.kernel part
// GIVEN-LABEL: func.func @four_heads(
// GIVEN: adamas.kernel part #adamas.gpu<{{.*}}, attention = mma>
func.func @four_heads(%query: tensor<?x8x128xf16>, %key: tensor<?x2x?x128xf16>, %codes: tensor<?x2x?x!adamas.codes<128, 2>>, %w: tensor<?x2x128xi8>, %n: tensor<?xi32>) -> tensor<?x8x128xf16> {
  %e = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x2x128xi8>, tensor<?x2x?x!adamas.codes<128, 2>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x2x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x8x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x128xi32>, tensor<?x2xi32>
  return %o : tensor<?x8x128xf16>
}
