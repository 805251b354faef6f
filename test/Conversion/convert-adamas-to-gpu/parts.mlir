// Parts are computed on the device from the length that a sequence has: ceil(length / (ways * 64)) * 64 tokens each. So a cache longer than
// the sequence in it does not leave parts without work. The grid is that of the capacity, and CTAs beyond the end do nothing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @counts_kernel1(
// CHECK: %[[LENGTH:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[CAPPED:.*]] = arith.minsi %[[LENGTH]], %{{.*}}
// CHECK-NEXT: %[[VISIBLE:.*]] = arith.maxsi %[[CAPPED]], %c0_i32
// CHECK-NEXT: %[[UP:.*]] = arith.addi %[[VISIBLE]], %c191_i32
// CHECK-NEXT: %[[UNITS:.*]] = arith.divui %[[UP]], %c192_i32
// CHECK-NEXT: %[[STEP:.*]] = arith.muli %[[UNITS]], %c64_i32
// CHECK-NEXT: %[[START:.*]] = arith.muli %[[PART:.*]], %[[STEP]]
// CHECK-NEXT: %[[BEGIN:.*]] = arith.minsi %[[START]], %[[VISIBLE]]
// CHECK-NEXT: %[[STOP:.*]] = arith.addi %[[BEGIN]], %[[STEP]]
// CHECK-NEXT: %[[END:.*]] = arith.minsi %[[STOP]], %[[VISIBLE]]
// CHECK: %[[BUSY:.*]] = arith.cmpi slt, %{{.*}}, %[[END]]
// CHECK: scf.if %[[BUSY]]
// CHECK: adamas_gpu.launch @kernels::@counts_kernel1 grid affine_map<()[s0, s1] -> (s0 * 2, ((s1 ceildiv 192) * 64) ceildiv 256, 3)> [0, 0, 1, 2]
func.func @counts(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x3x193xi32> {
  %p = adamas.partition %c ways 3 : tensor<?x2x?x!adamas.codes<64, 2>>
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in registers : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<4xi32>) bins 193 sink 4 recent 2 in global : tensor<?x2x?xi32>
    adamas.yield %h : tensor<?x2x3x193xi32>
  } : tensor<?x2x3x193xi32>
  return %0 : tensor<?x2x3x193xi32>
}
