// A stream keeps no line in L1 and asks L2 for 128 bytes. It is volatile, so that LLVM moves it in front of no wait. What is read only while
// the kernel runs is an invariant load, which NVPTX makes ld.global.nc.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --pass-pipeline='builtin.module(gpu.module(convert-adamas-gpu-to-nvvm))' | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: llvm.func @stream(
  // CHECK-SAME: %[[P:.*]]: !llvm.ptr<1>
  llvm.func @stream(%p: !llvm.ptr<1>) -> vector<4xi32> {
    // CHECK: llvm.inline_asm has_side_effects "ld.global.nc.L1::no_allocate.L2::128B.b32 $0, [$1];", "=r,l" %[[P]] : (!llvm.ptr<1>) -> i32
    %one = adamas_gpu.load stream %p : !llvm.ptr<1> -> i32
    // CHECK: llvm.inline_asm has_side_effects "ld.global.nc.L1::no_allocate.L2::128B.v2.b32 {$0, $1}, [$2];", "=r,=r,l" %[[P]] : (!llvm.ptr<1>) -> !llvm.struct<(i32, i32)>
    %two = adamas_gpu.load stream %p : !llvm.ptr<1> -> vector<2xi32>
    // CHECK: %[[FOUR:.*]] = llvm.inline_asm has_side_effects "ld.global.nc.L1::no_allocate.L2::128B.v4.b32 {$0, $1, $2, $3}, [$4];", "=r,=r,=r,=r,l" %[[P]]
    // CHECK: %[[V0:.*]] = llvm.insertelement %{{.*}}, %{{.*}}[%{{.*}} : i32] : vector<4xi32>
    // CHECK: llvm.extractvalue %[[FOUR]][3]
    // CHECK: %[[V3:.*]] = llvm.insertelement
    // CHECK-NEXT: llvm.return %[[V3]]
    %four = adamas_gpu.load stream %p : !llvm.ptr<1> -> vector<4xi32>
    llvm.return %four : vector<4xi32>
  }

  // CHECK-LABEL: llvm.func @read_only(
  llvm.func @read_only(%p: !llvm.ptr<1>) -> vector<2xi32> {
    // CHECK: llvm.load %{{.*}} invariant {alignment = 4 : i64} : !llvm.ptr<1> -> i32
    %one = adamas_gpu.load read_only %p : !llvm.ptr<1> -> i32
    // CHECK: %[[V:.*]] = llvm.load %{{.*}} invariant {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
    // CHECK: llvm.return %[[V]]
    %two = adamas_gpu.load read_only %p : !llvm.ptr<1> -> vector<2xi32>
    llvm.return %two : vector<2xi32>
  }
}
