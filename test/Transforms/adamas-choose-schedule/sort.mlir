// Where work items of a batch do not all run at once, sequences take their turns by length, 32 at most; a scan of blocks
// needs no turns, since its items are alike, and a single sequence has none.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=step batch=45" | FileCheck %s --check-prefix=STEP
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=step batch=1000" | FileCheck %s --check-prefix=MANY
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=step batch=44" | FileCheck %s --check-prefix=FEW --implicit-check-not=sort
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=132 fusion=step" | FileCheck %s --check-prefix=FEW --implicit-check-not=sort
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=stages batch=45" | FileCheck %s --check-prefix=STAGES
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=2 fusion=step batch=45 explain" -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN
// EXPLAIN: remark: kernel of {{.*}}256 threads, clusters of 2, 32 sequences longest first, distances kept in 8 bits

// Three heads in two parts: 270 items on 132 multiprocessors, which hold two each.
// STEP: adamas.kernel part #adamas.gpu<{{.*}}cluster = 2, sort = 32, distance_bits = 8, resident = 2>
// MANY: adamas.kernel part #adamas.gpu<{{.*}}cluster = 2, sort = 32, distance_bits = 8, resident = 2>
// FEW: adamas.kernel part #adamas.gpu<
// STAGES: adamas.kernel token #adamas.gpu<{{.*}}engine = popc, distance_bits = 8>
// STAGES: adamas.kernel part #adamas.gpu<{{.*}}sort = 32>
func.func @decode(%q: tensor<?x3x!adamas.codes<64, 2>>, %query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
