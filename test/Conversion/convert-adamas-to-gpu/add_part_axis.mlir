// A caller's list of a row is the list of its only part: an axis of length one is no memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @attend_kernel0(
// CHECK: %[[TOKENS:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[TOKENS]] step
// CHECK-LABEL: adamas_gpu.program @attend
// CHECK-NEXT: adamas_gpu.value "argument0"
// CHECK-NEXT: adamas_gpu.value "argument1"
// CHECK-NEXT: adamas_gpu.value "argument2" argument i32 [-1, 2, 8]
// CHECK-NEXT: adamas_gpu.value "argument3" argument i32 [-1, 2]
// CHECK-NEXT: adamas_gpu.value "result0"
// CHECK-NEXT: adamas_gpu.launch
func.func @attend(%q: tensor<?x6x64xf16>, %k: tensor<?x2x?x64xf16>, %i: tensor<?x2x8xi32>, %m: tensor<?x2xi32>) -> tensor<?x6x64xf16> {
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %ip = adamas.add_part_axis %i in shared : tensor<?x2x8xi32> -> tensor<?x2x1x8xi32>
    %mp = adamas.add_part_axis %m in shared : tensor<?x2xi32> -> tensor<?x2x1xi32>
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%ip, %mp : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) in shared : tensor<?x6x64xf16>, tensor<?x2x?x64xf16>
    %all, %l = adamas.merge_attention %o, %lse to f16 in global : tensor<?x6x1x64xf32>, tensor<?x6x1xf32>
    adamas.yield %all : tensor<?x6x64xf16>
  } : tensor<?x6x64xf16>
  return %0 : tensor<?x6x64xf16>
}
