// The output of one part is merged by the CTA that made it, from shared memory. A lse that nobody takes is not stored.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @attend_kernel0(
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
// CHECK-COUNT-1: : vector<8xf16>, !llvm.ptr<1>
// CHECK-NOT: !llvm.ptr<1>
// CHECK: llvm.return
// CHECK: adamas_gpu.value "result0" result f16 [-1, 6, 64]
// CHECK-NOT: adamas_gpu.value
// CHECK-COUNT-1: adamas_gpu.launch
// CHECK-NOT: adamas_gpu.launch
func.func @attend(%q: tensor<?x6x64xf16>, %k: tensor<?x2x?x64xf16>, %i: tensor<?x2x1x8xi32>, %m: tensor<?x2x1xi32>) -> tensor<?x6x64xf16> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) in shared : tensor<?x6x64xf16>, tensor<?x2x?x64xf16>
    %all, %l = adamas.merge_attention %o, %lse to f16 in global : tensor<?x6x1x64xf32>, tensor<?x6x1xf32>
    adamas.yield %all : tensor<?x6x64xf16>
  } : tensor<?x6x64xf16>
  return %0 : tensor<?x6x64xf16>
}
