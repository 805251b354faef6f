// Outputs of parts that pass through memory: the kernel in front sets the count behind each row of sums to 0; a part writes its rows, then
// counts itself behind a fence, and the one that finds all others counted merges, behind another. No kernel follows.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu="sm=80" --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @attend_kernel0(
// CHECK: llvm.store %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<1>
// CHECK-LABEL: llvm.func @attend_kernel1(
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<1>
// CHECK: nvvm.barrier
// CHECK: llvm.fence syncscope("device") acq_rel
// CHECK-NEXT: %[[BEFORE:.*]] = llvm.atomicrmw add %{{.*}}, %c1_i32 syncscope("device") monotonic : !llvm.ptr<1>, i32
// CHECK-NEXT: llvm.store %[[BEFORE]], %[[WORD:.*]] {{.*}}: i32, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: %[[SEEN:.*]] = llvm.load %[[WORD]] {{.*}}: !llvm.ptr<3> -> i32
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %[[SEEN]], %c2_i32
// CHECK: scf.if %[[LAST]] {
// CHECK-NEXT: llvm.fence syncscope("device") acq_rel
// CHECK: llvm.store %{{.*}} : vector<8xf16>, !llvm.ptr<1>
// CHECK-NOT: llvm.func
// A count behind three parts.
// CHECK: adamas_gpu.value "buffer{{.}}" workspace f32 [-1, 6, 4]
// CHECK-COUNT-2: adamas_gpu.launch
// CHECK-NOT: adamas_gpu.launch
func.func @attend(%q: tensor<?x6x64xf16>, %k: tensor<?x2x?x64xf16>, %i: tensor<?x2x3x8xi32>, %m: tensor<?x2x3xi32>) -> tensor<?x6x64xf16> {
  %0 = adamas.kernel part #adamas.gpu<sm = 80, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%i, %m : tensor<?x2x3x8xi32>, tensor<?x2x3xi32>) in grid : tensor<?x6x64xf16>, tensor<?x2x?x64xf16>
    %all, %l = adamas.merge_attention %o, %lse to f16 in global : tensor<?x6x3x64xf32>, tensor<?x6x3xf32>
    adamas.yield %all : tensor<?x6x64xf16>
  } : tensor<?x6x64xf16>
  return %0 : tensor<?x6x64xf16>
}
