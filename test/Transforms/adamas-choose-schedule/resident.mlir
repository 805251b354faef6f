// Where a multiprocessor that holds one CTA would leave some of a selection for a second turn it is to hold two; dense attention, whose items
// are many by design, is left alone.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=1 batch=45" | FileCheck %s --check-prefix=MANY
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=1 batch=44" | FileCheck %s --check-prefix=FEW --implicit-check-not=resident

// Three heads on 132 multiprocessors.
// MANY-LABEL: func.func @decode(
// MANY: adamas.kernel part #adamas.gpu<{{.*}}resident = 2>
// MANY-LABEL: func.func @dense(
// MANY-NOT: resident
// FEW: adamas.kernel part #adamas.gpu<
func.func @decode(%q: tensor<?x3x!adamas.codes<64, 2>>, %query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}

func.func @dense(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %o = adamas.dense_attention %query, %key, %key, %n : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return %o : tensor<?x3x64xf16>
}
