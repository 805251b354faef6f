// kv-5: a token's page comes from the table, and an entry outside the pool is never followed. The head and the slot of the page stand in the
// order of the pool's layout. The capacity is the table's pages times the page size, also in the grid.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @head_major_kernel1(
// CHECK: %[[POOLPAGES64:.*]] = adamas_gpu.parameter %{{.*}}[80] : !llvm.ptr -> i64
// CHECK: %[[POOLPAGES:.*]] = arith.trunci %[[POOLPAGES64]]
// CHECK: %[[HEAD:.*]] = arith.remui %{{.*}}, %c3_i32
// CHECK: %[[PAGE:.*]] = arith.divui %[[TOKEN:.*]], %c16_i32
// CHECK: %[[NUMBER:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[LAST:.*]] = arith.subi %[[POOLPAGES]], %c1_i32
// CHECK-NEXT: %[[CAPPED:.*]] = arith.minsi %[[NUMBER]], %[[LAST]]
// CHECK-NEXT: %[[INSIDE:.*]] = arith.maxsi %[[CAPPED]], %c0_i32
// CHECK-NEXT: %[[SLOT:.*]] = arith.remui %[[TOKEN]], %c16_i32
// CHECK-NEXT: %[[P64:.*]] = arith.extsi %[[INSIDE]] : i32 to i64
// CHECK-NEXT: %[[ROW0:.*]] = arith.muli %[[P64]], %[[S0:.*]] : i64
// CHECK-NEXT: %[[H64:.*]] = arith.extsi %[[HEAD]] : i32 to i64
// CHECK: arith.extsi %[[SLOT]] : i32 to i64
// CHECK: adamas_gpu.load stream

// CHECK-LABEL: llvm.func @token_major_kernel1(
// CHECK: arith.divui %[[TOKEN2:.*]], %c16_i32
// CHECK: arith.maxsi
// CHECK-NEXT: %[[SLOT2:.*]] = arith.remui %[[TOKEN2]], %c16_i32
// CHECK-NEXT: %[[P2:.*]] = arith.extsi
// CHECK-NEXT: arith.muli %[[P2]],
// CHECK-NEXT: arith.extsi %[[SLOT2]] : i32 to i64
// CHECK: adamas_gpu.load stream

// CHECK-LABEL: adamas_gpu.program @head_major
// CHECK: adamas_gpu.value "argument1" argument ui32 [-1, 3, 16, 2, 2]
// CHECK: adamas_gpu.value "argument2" argument i32 [-1, -1]
// CHECK: adamas_gpu.launch @kernels::@head_major_kernel1 grid affine_map<()[s0, s1] -> (s0 * 3, (((s1 * 16) ceildiv 64) * 64) ceildiv 256, 1)> [0, 0, 2, 1]
// CHECK-LABEL: adamas_gpu.program @token_major
func.func @head_major(%q: tensor<?x3x!adamas.codes<64, 2>>, %pool: tensor<?x3x16x!adamas.codes<64, 2>>, %table: tensor<?x?xi32>, %n: tensor<?xi32>) -> tensor<?x3x1x193xi32> {
  %v = adamas.paged_view %pool, %table : tensor<?x3x16x!adamas.codes<64, 2>>, tensor<?x?xi32>
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %v seq_lens(%n : tensor<?xi32>) in registers : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 193 in global : tensor<?x3x?xi32>
    adamas.yield %h : tensor<?x3x1x193xi32>
  } : tensor<?x3x1x193xi32>
  return %0 : tensor<?x3x1x193xi32>
}

func.func @token_major(%q: tensor<?x3x!adamas.codes<64, 2>>, %pool: tensor<?x16x3x!adamas.codes<64, 2>>, %table: tensor<?x8xi32>, %n: tensor<?xi32>) -> tensor<?x3x1x193xi32> {
  %v = adamas.paged_view %pool, %table layout token_major : tensor<?x16x3x!adamas.codes<64, 2>>, tensor<?x8xi32>
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %v seq_lens(%n : tensor<?xi32>) in registers : tensor<?x3x!adamas.codes<64, 2>>, tensor<?x3x128x!adamas.codes<64, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 193 in global : tensor<?x3x128xi32>
    adamas.yield %h : tensor<?x3x1x193xi32>
  } : tensor<?x3x1x193xi32>
  return %0 : tensor<?x3x1x193xi32>
}
