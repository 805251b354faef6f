// Attention by matrix products: 16 tokens a warp at a time. Of 64 dimensions each of two halves of the tokens takes four products of scores,
// and each tile of eight heads four of outputs; 12 heads are two tiles, which share the products of scores.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @four_heads_kernel0(
// A list of 24 tokens keeps two warps busy.
// CHECK: arith.cmpi slt, %{{.*}}, %c2_i32
// CHECK: scf.for
// CHECK-COUNT-8: nvvm.mma.sync {{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 16>{{.*}}(vector<2xf16>, vector<2xf16>, f32)
// CHECK-NOT: nvvm.mma.sync
// CHECK: arith.truncf %{{.*}} : vector<2xf32> to vector<2xf16>
// CHECK: nvvm.prmt
// CHECK-COUNT-4: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK-LABEL: llvm.func @twelve_heads_kernel0(
// CHECK-COUNT-16: nvvm.mma.sync {{.*}}multiplicandAPtxType = #nvvm.mma_type<bf16>{{.*}}(i32, i32, f32)
// CHECK-NOT: nvvm.mma.sync
func.func @four_heads(%q: tensor<?x8x64xf16>, %k: tensor<?x2x?x64xf16>, %i: tensor<?x2x1x24xi32>, %m: tensor<?x2x1xi32>) -> tensor<?x8x64xf16> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, attention = mma> {
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x2x1x24xi32>, tensor<?x2x1xi32>) in shared : tensor<?x8x64xf16>, tensor<?x2x?x64xf16>
    %all, %l = adamas.merge_attention %o, %lse to f16 in global : tensor<?x8x1x64xf32>, tensor<?x8x1xf32>
    adamas.yield %all : tensor<?x8x64xf16>
  } : tensor<?x8x64xf16>
  return %0 : tensor<?x8x64xf16>
}

func.func @twelve_heads(%q: tensor<?x24x64xbf16>, %k: tensor<?x2x?x64xbf16>, %n: tensor<?xi32>) -> tensor<?x24x64xbf16> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, attention = mma> {
    %o, %lse = adamas.partial_attention %q, %k, %k seq_lens(%n : tensor<?xi32>) in shared : tensor<?x24x64xbf16>, tensor<?x2x?x64xbf16>
    %all, %l = adamas.merge_attention %o, %lse to bf16 in global : tensor<?x24x1x64xf32>, tensor<?x24x1xf32>
    adamas.yield %all : tensor<?x24x64xbf16>
  } : tensor<?x24x64xbf16>
  return %0 : tensor<?x24x64xbf16>
}
