// Bins of all parts that came to shared memory: a thread's four of each part are one load. Those beyond the last count nothing; what the
// parts before have at the threshold is taken off what is left out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @list_kernel0(
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x
// CHECK: %[[ROWS:.*]] = adamas_gpu.shared_memory 3104 at
// CHECK: %[[FOUND:.*]] = adamas_gpu.shared_memory 8 at
// CHECK: %[[PART:.*]] = arith.remui %{{.*}}, %c2_i32
// CHECK: %[[BIN0:.*]] = arith.muli %[[THREAD]], %c4_i32
// CHECK: adamas_gpu.barrier_wait
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// CHECK-NEXT: %[[SECOND_ROW:.*]] = llvm.getelementptr %[[ROWS]][1552]
// CHECK-NEXT: %[[AT:.*]] = arith.minsi %[[BIN0]], %c384_i32
// CHECK-NEXT: llvm.getelementptr %[[ROWS]][%[[AT]]]
// CHECK-NEXT: %[[FOUR:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK-NEXT: %[[A0:.*]] = llvm.extractelement %[[FOUR]][%c0_i32 : i32]
// CHECK-NEXT: %[[A1:.*]] = llvm.extractelement %[[FOUR]][%c1_i32 : i32]
// CHECK: llvm.getelementptr %[[SECOND_ROW]][%[[AT]]]
// CHECK-NEXT: %[[FOUR_TOO:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK-NEXT: %[[B0:.*]] = llvm.extractelement %[[FOUR_TOO]][%c0_i32 : i32]
// CHECK-NEXT: %[[B1:.*]] = llvm.extractelement %[[FOUR_TOO]][%c1_i32 : i32]
// CHECK-NOT: llvm.load
// CHECK: %[[IN0:.*]] = arith.cmpi slt, %[[BIN0]], %c385_i32
// CHECK-NEXT: %[[SUM0:.*]] = arith.addi %[[A0]], %[[B0]]
// CHECK-NEXT: %[[COUNT0:.*]] = arith.select %[[IN0]], %[[SUM0]], %c0_i32
// CHECK-NEXT: %[[BIN1:.*]] = arith.addi %[[BIN0]], %c1_i32
// CHECK-NEXT: %[[IN1:.*]] = arith.cmpi slt, %[[BIN1]], %c385_i32
// CHECK-NEXT: %[[SUM1:.*]] = arith.addi %[[A1]], %[[B1]]
// CHECK-NEXT: %[[COUNT1:.*]] = arith.select %[[IN1]], %[[SUM1]], %c0_i32
// CHECK: nvvm.shfl.sync up
// CHECK: nvvm.redux.sync
// CHECK: %[[UPTO0:.*]] = arith.addi %{{.*}}, %[[COUNT0]]
// CHECK-NEXT: %[[NOT0:.*]] = arith.cmpi slt, %[[UPTO0]], %c7_i32
// CHECK-NEXT: %[[BIN01:.*]] = arith.select %[[NOT0]], %[[BIN1]], %[[BIN0]]
// CHECK-NEXT: %[[A01:.*]] = arith.select %[[NOT0]], %[[A1]], %[[A0]]
// CHECK: %[[SECOND:.*]] = arith.cmpi sgt, %[[PART]], %c0_i32
// CHECK-NEXT: %[[OLDER:.*]] = arith.select %[[SECOND]], %{{.*}}, %c0_i32
// CHECK-NEXT: llvm.store %{{.*}}, %[[FOUND]]
// CHECK-NEXT: %[[BEYOND:.*]] = arith.subi %{{.*}}, %c7_i32
// CHECK-NEXT: %[[LEFT:.*]] = arith.subi %[[BEYOND]], %[[OLDER]]
// CHECK-NEXT: %[[SKIP:.*]] = arith.maxsi %[[LEFT]], %c0_i32
// CHECK-NEXT: llvm.getelementptr %[[FOUND]][1]
// CHECK-NEXT: llvm.store %[[SKIP]],
func.func @list(%q: tensor<?x2x!adamas.codes<128, 2>>, %c: tensor<?x2x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>) -> tensor<?x2x2x8xi32> {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<128, 2>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<128, 2>>, tensor<?x2x?x!adamas.codes<128, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) bins 385 in cluster : tensor<?x2x?xi32>
    %t, %r = adamas.threshold %h need 7 in shared : tensor<?x2x2x385xi32>
    %i, %m = adamas.compact %d, %t, %r seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    adamas.yield %i : tensor<?x2x2x8xi32>
  } : tensor<?x2x2x8xi32>
  return %0 : tensor<?x2x2x8xi32>
}
