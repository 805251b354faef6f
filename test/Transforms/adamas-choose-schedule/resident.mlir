// Where a multiprocessor that holds one CTA would leave some of a selection for a second turn it is to hold two. Large CTAs are bounded only
// where they refine whole lists; what they lose elsewhere is more. Dense attention, whose items are many by design, is left alone.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=1 batch=45 fusion=stages sequence-length=16000" | FileCheck %s --check-prefix=MANY
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=1 batch=44 fusion=stages" | FileCheck %s --check-prefix=FEW --implicit-check-not=resident
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=1 batch=45 fusion=stages sequence-length=20000" | FileCheck %s --check-prefix=LARGE
// RUN: adamas-opt %s --adamas-gpu-kernels-pipeline="ways=1 batch=45 fusion=step sequence-length=20000" | FileCheck %s --check-prefix=STEP

// Three heads on 132 multiprocessors.
// MANY-LABEL: func.func @decode(
// MANY: adamas.kernel part #adamas.gpu<{{.*}}threads = 256, {{.*}}resident = 2>
// MANY-LABEL: func.func @two_pass(
// MANY-LABEL: func.func @dense(
// MANY-NOT: resident
// FEW: adamas.kernel part #adamas.gpu<
// LARGE-LABEL: func.func @decode(
// LARGE: adamas.kernel part #adamas.gpu<{{.*}}threads = 512,
// LARGE-NOT: resident
// LARGE-LABEL: func.func @two_pass(
// LARGE: adamas.kernel part #adamas.gpu<{{.*}}threads = 512, {{.*}}resident = 2>
// CTAs of a whole step are small.
// STEP-LABEL: func.func @decode(
// STEP: adamas.kernel part #adamas.gpu<{{.*}}threads = 256, {{.*}}resident = 2>
func.func @decode(%q: tensor<?x3x!adamas.codes<64, 2>>, %query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x3x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}

func.func @two_pass(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 4>>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %y = adamas.hadamard %query : tensor<?x3x64xf16>
  %w = adamas.weigh %y : tensor<?x3x64xf32>
  %far = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %c, %l = adamas.topk %far seq_lens(%n : tensor<?xi32>) budget 1024 : tensor<?x3x?xi32>
  %d = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x3x1024xi32>) : tensor<?x3x64xi8>, tensor<?x3x?x!adamas.codes<64, 4>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x3x1024xi32>) budget 128 : tensor<?x3x1024xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x128xi32>, tensor<?x3xi32>
  return %o : tensor<?x3x64xf16>
}

func.func @dense(%query: tensor<?x3x64xf16>, %key: tensor<?x3x?x64xf16>, %n: tensor<?xi32>) -> tensor<?x3x64xf16> {
  %o = adamas.dense_attention %query, %key, %key, %n : tensor<?x3x64xf16>, tensor<?x3x?x64xf16>, tensor<?xi32>
  return %o : tensor<?x3x64xf16>
}
