// A thread of a selection looks at as many eights of tokens as its part is expected to have for it, or at four and goes on.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=step sequence-length=8192" | FileCheck %s --check-prefix=ONE
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=step sequence-length=8196" | FileCheck %s --check-prefix=TWO
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=step sequence-length=16384" | FileCheck %s --check-prefix=TWO
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=4 fusion=step sequence-length=16388" | FileCheck %s --check-prefix=FOUR --implicit-check-not=window

// Four parts, 256 threads.
// ONE: adamas.kernel part #adamas.gpu<{{.*}}threads = 256, {{.*}}window = 1>
// TWO: adamas.kernel part #adamas.gpu<{{.*}}threads = 256, {{.*}}window = 2>
// FOUR: adamas.kernel part #adamas.gpu<{{.*}}threads = 256,
func.func @decode(%q: tensor<?x3x!adamas.codes<64, 2>>, %query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}
