// Every part finds the threshold of the row and how many of the oldest ties it leaves out: what the parts before it have is taken off first.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @parts_kernel0(
// CHECK: %[[PART:.*]] = nvvm.read.ptx.sreg.ctaid.y
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %{{.*}}, %c33_i32
// CHECK: %[[READ0:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: llvm.getelementptr
// CHECK-NEXT: %[[READ1:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: %[[TIES0:.*]] = arith.select %[[INSIDE]], %[[READ0]], %c0_i32
// CHECK-NEXT: %[[TIES1:.*]] = arith.select %[[INSIDE]], %[[READ1]], %c0_i32
// CHECK-NEXT: %[[MINE:.*]] = arith.addi %[[TIES0]], %[[TIES1]]
// CHECK: %[[UPTO:.*]] = arith.addi %{{.*}}, %[[MINE]]
// CHECK-NEXT: arith.cmpi sge, %[[UPTO]], %c7_i32
// CHECK: %[[LEFT0:.*]] = arith.subi %[[UPTO]], %c7_i32
// CHECK-NEXT: %[[SKIP0:.*]] = arith.minsi %[[LEFT0]], %[[TIES0]]
// CHECK-NEXT: %[[REST:.*]] = arith.subi %[[LEFT0]], %[[TIES0]]
// CHECK-NEXT: %[[LEFT1:.*]] = arith.maxsi %[[REST]], %c0_i32
// CHECK-NEXT: %[[SECOND:.*]] = arith.cmpi eq, %[[PART]], %c1_i32
// CHECK-NEXT: %[[SKIP1:.*]] = arith.minsi %[[LEFT1]], %[[TIES1]]
// CHECK-NEXT: %[[SKIP:.*]] = arith.select %[[SECOND]], %[[SKIP1]], %[[SKIP0]]
// CHECK: llvm.store %[[SKIP]],
// CHECK: nvvm.barrier
// CHECK: adamas_gpu.launch @kernels::@parts_kernel0 grid affine_map<()[s0] -> (s0 * 2, 2, 1)> [0, 0] threads 128
func.func @parts(%h: tensor<?x2x2x33xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> (tensor<?x2x2x8xi32>, tensor<?x2x2xi32>) {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x2x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    adamas.yield %i, %m : tensor<?x2x2x8xi32>, tensor<?x2x2xi32>
  } : tensor<?x2x2x8xi32>, tensor<?x2x2xi32>
  return %0#0, %0#1 : tensor<?x2x2x8xi32>, tensor<?x2x2xi32>
}
