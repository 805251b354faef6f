// The bins of a scan: a kernel before sets them to 0; every CTA counts in shared memory and adds to the row's what is not 0. Of a distance
// in registers nothing is stored. sel-1: sinks and recent tokens are not counted.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s --implicit-check-not=adamas_gpu.store

// CHECK-LABEL: llvm.func @counts_kernel0(
// CHECK: scf.for
// CHECK: llvm.store %c0_i32, %{{.*}} : i32, !llvm.ptr<1>
// CHECK-LABEL: llvm.func @counts_kernel1(
// CHECK: %[[BINS:.*]] = adamas_gpu.shared_memory 772 at 0 : !llvm.ptr<3>
// CHECK: %[[VISIBLE:.*]] = arith.maxsi %{{.*}}, %c0_i32
// CHECK: adamas_gpu.load stream
// CHECK: %[[LOW:.*]] = arith.minsi %[[VISIBLE]], %c4_i32
// CHECK: %[[RECENT:.*]] = arith.minsi %[[VISIBLE]], %c2_i32
// CHECK: %[[BEFORE:.*]] = arith.subi %[[VISIBLE]], %[[RECENT]]
// CHECK: %[[HIGH:.*]] = arith.maxsi %[[BEFORE]], %[[LOW]]
// CHECK: scf.for
// CHECK: llvm.store %c0_i32, %{{.*}} : i32, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: %[[D:.*]] = arith.addi
// CHECK: arith.cmpi sge, %{{.*}}, %[[LOW]]
// CHECK: arith.cmpi slt, %{{.*}}, %[[HIGH]]
// CHECK: scf.if
// CHECK: %[[BIN:.*]] = llvm.getelementptr %[[BINS]][%{{.*}}] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32
// CHECK-NEXT: adamas_gpu.reduce_add %c1_i32, %[[BIN]] : !llvm.ptr<3>
// CHECK: adamas_gpu.reduce_add %c1_i32, %{{.*}} : !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: scf.for
// CHECK: %[[COUNT:.*]] = llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK: %[[SOME:.*]] = arith.cmpi ne, %[[COUNT]], %c0_i32
// CHECK: scf.if %[[SOME]]
// CHECK: adamas_gpu.reduce_add %[[COUNT]], %{{.*}} : !llvm.ptr<1>
// CHECK: adamas_gpu.launch @kernels::@counts_kernel1 {{.*}} shared 784
func.func @counts(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x1x193xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in registers : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 193 sink 4 recent 2 in global : tensor<?x2x?xi32>
    adamas.yield %h : tensor<?x2x1x193xi32>
  } : tensor<?x2x1x193xi32>
  return %0 : tensor<?x2x1x193xi32>
}
