// Every part finds the threshold of the row and how many of the oldest ties it leaves out: what the parts before it have is taken off first.
// That may be more than it has: then it takes none.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @parts_kernel0(
// CHECK: %[[PART:.*]] = nvvm.read.ptx.sreg.ctaid.y
// CHECK: %[[AT:.*]] = arith.minsi %{{.*}}, %c32_i32
// CHECK-NEXT: llvm.getelementptr %{{.*}}[%[[AT]]]
// CHECK-NEXT: %[[TIES0:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: llvm.getelementptr %{{.*}}[%[[AT]]]
// CHECK-NEXT: %[[TIES1:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %{{.*}}, %c33_i32
// CHECK-NEXT: %[[BOTH:.*]] = arith.addi %[[TIES0]], %[[TIES1]]
// CHECK-NEXT: %[[MINE:.*]] = arith.select %[[INSIDE]], %[[BOTH]], %c0_i32
// CHECK: %[[UPTO:.*]] = arith.addi %{{.*}}, %[[MINE]]
// CHECK-NEXT: arith.cmpi sge, %[[UPTO]], %c7_i32
// CHECK: scf.if
// CHECK-NEXT: %[[SECOND:.*]] = arith.cmpi sgt, %[[PART]], %c0_i32
// CHECK-NEXT: %[[OLDER:.*]] = arith.select %[[SECOND]], %[[TIES0]], %c0_i32
// CHECK-NEXT: llvm.store
// CHECK-NEXT: %[[BEYOND:.*]] = arith.subi %[[UPTO]], %c7_i32
// CHECK-NEXT: %[[LEFT:.*]] = arith.subi %[[BEYOND]], %[[OLDER]]
// CHECK-NEXT: %[[SKIP:.*]] = arith.maxsi %[[LEFT]], %c0_i32
// CHECK-NEXT: llvm.getelementptr
// CHECK-NEXT: llvm.store %[[SKIP]],
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
