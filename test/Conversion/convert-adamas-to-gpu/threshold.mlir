// sel-6: every thread reads bins that follow each other, once, and keeps their counts; a prefix over the CTA tells whose bins the need falls
// into, and that thread selects the bin. What exceeds the need is left out of the ties. Too few tokens: the last bin. A need of 0 takes no
// token, and no histogram is read.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @some_kernel0(
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x
// CHECK-DAG: %[[FOUND:.*]] = adamas_gpu.shared_memory 8 at 0
// CHECK-DAG: adamas_gpu.shared_memory 128 at 16
// CHECK-NOT: {{scf.for|scf.while}}
// Three bins a thread would do; four are a power of two. All are on their way before one is looked at; those beyond the last are read
// inside and count nothing.
// CHECK: %[[BIN0:.*]] = arith.muli %[[THREAD]], %c4_i32
// CHECK: %[[AT0:.*]] = arith.minsi %[[BIN0]], %c299_i32
// CHECK-NEXT: llvm.getelementptr %[[ROW:.*]][%[[AT0]]]
// CHECK-NEXT: %[[READ0:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[BIN1:.*]] = arith.addi %[[BIN0]], %c1_i32
// CHECK-NEXT: %[[AT1:.*]] = arith.minsi %[[BIN1]], %c299_i32
// CHECK-NEXT: llvm.getelementptr %[[ROW]][%[[AT1]]]
// CHECK-NEXT: %[[READ1:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[BIN2:.*]] = arith.addi %[[BIN0]], %c2_i32
// CHECK-NEXT: %[[AT2:.*]] = arith.minsi %[[BIN2]], %c299_i32
// CHECK-NEXT: llvm.getelementptr %[[ROW]][%[[AT2]]]
// CHECK-NEXT: %[[READ2:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[BIN3:.*]] = arith.addi %[[BIN0]], %c3_i32
// CHECK-NEXT: %[[AT3:.*]] = arith.minsi %[[BIN3]], %c299_i32
// CHECK-NEXT: llvm.getelementptr %[[ROW]][%[[AT3]]]
// CHECK-NEXT: %[[READ3:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: %[[IN0:.*]] = arith.cmpi slt, %[[BIN0]], %c300_i32
// CHECK-NEXT: %[[COUNT0:.*]] = arith.select %[[IN0]], %[[READ0]], %c0_i32
// CHECK-NEXT: %[[IN1:.*]] = arith.cmpi slt, %[[BIN1]], %c300_i32
// CHECK-NEXT: %[[COUNT1:.*]] = arith.select %[[IN1]], %[[READ1]], %c0_i32
// CHECK-NEXT: %[[IN2:.*]] = arith.cmpi slt, %[[BIN2]], %c300_i32
// CHECK-NEXT: %[[COUNT2:.*]] = arith.select %[[IN2]], %[[READ2]], %c0_i32
// CHECK-NEXT: %[[IN3:.*]] = arith.cmpi slt, %[[BIN3]], %c300_i32
// CHECK-NEXT: %[[COUNT3:.*]] = arith.select %[[IN3]], %[[READ3]], %c0_i32
// CHECK-NEXT: %[[PAIR:.*]] = arith.addi %[[COUNT0]], %[[COUNT1]]
// CHECK-NEXT: %[[TRIPLE:.*]] = arith.addi %[[PAIR]], %[[COUNT2]]
// CHECK-NEXT: %[[MINE:.*]] = arith.addi %[[TRIPLE]], %[[COUNT3]]
// CHECK-NEXT: nvvm.shfl.sync up
// One barrier between the warps' sums and their use.
// CHECK-NOT: nvvm.barrier
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr<3>
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// CHECK-NOT: nvvm.barrier
// CHECK: nvvm.redux.sync
// CHECK-NEXT: %[[BEFORE:.*]] = arith.addi
// CHECK-NEXT: %[[TOTAL:.*]] = nvvm.redux.sync
// CHECK: arith.cmpi slt, %[[TOTAL]], %c7_i32
// CHECK: scf.if
// CHECK-NEXT: llvm.store %c299_i32, %[[FOUND]]
// CHECK: llvm.store %c0_i32,
// CHECK: arith.cmpi slt, %[[BEFORE]], %c7_i32
// CHECK-NEXT: %[[AFTER:.*]] = arith.addi %[[BEFORE]], %[[MINE]]
// CHECK-NEXT: arith.cmpi sge, %[[AFTER]], %c7_i32
// CHECK: scf.if
// CHECK-NEXT: %[[UPTO0:.*]] = arith.addi %[[BEFORE]], %[[COUNT0]]
// CHECK-NEXT: %[[NOT0:.*]] = arith.cmpi slt, %[[UPTO0]], %c7_i32
// CHECK-NEXT: %[[B1:.*]] = arith.select %[[NOT0]], %[[BIN1]], %[[BIN0]]
// CHECK-NEXT: %[[NEXT1:.*]] = arith.addi %[[UPTO0]], %[[COUNT1]]
// CHECK-NEXT: %[[UPTO1:.*]] = arith.select %[[NOT0]], %[[NEXT1]], %[[UPTO0]]
// CHECK-NEXT: %[[NOT1:.*]] = arith.cmpi slt, %[[UPTO1]], %c7_i32
// CHECK-NEXT: %[[B2:.*]] = arith.select %[[NOT1]], %[[BIN2]], %[[B1]]
// CHECK-NEXT: %[[NEXT2:.*]] = arith.addi %[[UPTO1]], %[[COUNT2]]
// CHECK-NEXT: %[[UPTO2:.*]] = arith.select %[[NOT1]], %[[NEXT2]], %[[UPTO1]]
// CHECK-NEXT: %[[NOT2:.*]] = arith.cmpi slt, %[[UPTO2]], %c7_i32
// CHECK-NEXT: %[[B3:.*]] = arith.select %[[NOT2]], %[[BIN3]], %[[B2]]
// CHECK-NEXT: %[[NEXT3:.*]] = arith.addi %[[UPTO2]], %[[COUNT3]]
// CHECK-NEXT: %[[UPTO3:.*]] = arith.select %[[NOT2]], %[[NEXT3]], %[[UPTO2]]
// CHECK-NEXT: llvm.store %[[B3]], %[[FOUND]]
// CHECK-NEXT: %[[BEYOND:.*]] = arith.subi %[[UPTO3]], %c7_i32
// CHECK-NEXT: %[[LEFT_OUT:.*]] = arith.maxsi %[[BEYOND]], %c0_i32
// CHECK-NEXT: llvm.getelementptr
// CHECK-NEXT: llvm.store %[[LEFT_OUT]],
// CHECK: nvvm.barrier
// CHECK-NEXT: llvm.load %[[FOUND]]
// CHECK-LABEL: llvm.func @none_kernel0(
// CHECK-NOT: nvvm.shfl
// CHECK-NOT: adamas_gpu.shared_memory
// CHECK-LABEL: adamas_gpu.program @some
func.func @some(%h: tensor<?x2x1x300xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> (tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x1x300xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  } : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  return %0#0, %0#1 : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
}

func.func @none(%h: tensor<?x2x1x300xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> (tensor<?x2x1x1xi32>, tensor<?x2x1xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 0 in shared : tensor<?x2x1x300xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 1 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i, %m : tensor<?x2x1x1xi32>, tensor<?x2x1xi32>
  } : tensor<?x2x1x1xi32>, tensor<?x2x1xi32>
  return %0#0, %0#1 : tensor<?x2x1x1xi32>, tensor<?x2x1xi32>
}
