// The list of one part, in the kernel that made it, is the row's already: in shared memory nothing is copied, and only where it is returned
// does it go to global memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @whole_kernel0(
// CHECK: %[[LIST:.*]] = adamas_gpu.shared_memory 32 at
// CHECK: llvm.store %{{.*}}, %{{.*}} : i32, !llvm.ptr<3>
// CHECK: llvm.store %c-1_i32, %{{.*}} : i32, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: scf.for %[[SLOT:.*]] = %{{.*}} to %[[LENGTH:.*]] step %c128_i32
// CHECK-NEXT: %[[FROM:.*]] = llvm.getelementptr %[[LIST]][%[[SLOT]]]
// CHECK: %[[POSITION:.*]] = llvm.load %[[FROM]] : !llvm.ptr<3> -> i32
// CHECK: llvm.store %[[POSITION]], %{{.*}} : i32, !llvm.ptr<1>
// CHECK: llvm.store %c-1_i32, %{{.*}} : i32, !llvm.ptr<1>
// CHECK: llvm.store %[[LENGTH]], %{{.*}} : i32, !llvm.ptr<1>
func.func @whole(%h: tensor<?x2x1x33xi32>, %d: tensor<?x2x?xi32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %q: tensor<?x2x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<?x2x8xi32>, tensor<?x2xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    %all, %k = adamas.join %i, %m in global : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
    adamas.yield %all, %k : tensor<?x2x8xi32>, tensor<?x2xi32>
  } : tensor<?x2x8xi32>, tensor<?x2xi32>
  return %0#0, %0#1 : tensor<?x2x8xi32>, tensor<?x2xi32>
}
