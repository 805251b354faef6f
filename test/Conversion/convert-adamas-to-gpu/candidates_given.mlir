// Distances and candidates of a caller end where they end: of eight slots that are sent at once both are read at the last one beyond it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @f_kernel0(
// Three messages of 20 slots.
// CHECK: scf.for %[[MESSAGE:.*]] = %{{.*}} to %c3_i32 step
// CHECK: %[[FIRST:.*]] = arith.muli %[[MESSAGE]], %c8_i32
// CHECK: %[[SLOT0:.*]] = arith.minsi %[[FIRST]], %c19_i32
// CHECK: llvm.getelementptr %{{.*}}[%[[SLOT0]]]
// CHECK-NEXT: llvm.load
// CHECK: llvm.getelementptr %{{.*}}[%[[SLOT0]]]
// CHECK-NEXT: llvm.load
// CHECK: %[[NEXT:.*]] = arith.addi %[[FIRST]], %c1_i32
// CHECK: %[[SLOT1:.*]] = arith.minsi %[[NEXT]], %c19_i32
// CHECK: llvm.getelementptr %{{.*}}[%[[SLOT1]]]
// CHECK-NEXT: llvm.load
// CHECK: llvm.getelementptr %{{.*}}[%[[SLOT1]]]
// CHECK-NEXT: llvm.load
// CHECK-NOT: llvm.getelementptr %{{.*}}[%[[FIRST]]]
// CHECK: adamas_gpu.store_async
func.func @f(%d: tensor<?x2x20xi32>, %n: tensor<?xi32>, %l: tensor<?x2x20xi32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>) -> tensor<?x2x2x8xi32> {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2> {
    %g = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) candidates(%l : tensor<?x2x20xi32>) bins 33 in cluster : tensor<?x2x20xi32>
    %u, %r = adamas.threshold %g need 7 in shared : tensor<?x2x2x33xi32>
    %j, %o = adamas.compact %d, %u, %r seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) candidates(%l : tensor<?x2x20xi32>) budget 8 in global : tensor<?x2x20xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    adamas.yield %j : tensor<?x2x2x8xi32>
  } : tensor<?x2x2x8xi32>
  return %0 : tensor<?x2x2x8xi32>
}
