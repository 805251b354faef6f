// kv-3: a group of lanes copies K and V of a token and head and codes what it copies. A slot of -1, or one beyond the pool, is skipped.
// Pools are written in place, so they are no results.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s
// RUN: adamas-opt %s --convert-adamas-to-gpu=sm=80 | FileCheck %s --check-prefix=SM80 --implicit-check-not=adamas_gpu.wait_grid --implicit-check-not=adamas_gpu.launch_dependents --implicit-check-not=" dependent"
// SM80-COUNT-2: adamas_gpu.launch @kernels

// CHECK-LABEL: llvm.func @head_major_kernel0(
// CHECK: %[[GROUP:.*]] = arith.addi
// CHECK: %[[TOKEN:.*]] = arith.divui %[[GROUP]], %c3_i32
// CHECK: %[[HEAD:.*]] = arith.remui %[[GROUP]], %c3_i32
// CHECK: %[[HEAD64:.*]] = arith.extsi %[[HEAD]] : i32 to i64
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xf16>
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xf16>
// CHECK: %[[SLOT:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: nvvm.shfl.sync
// CHECK: arith.cmpf ogt,
// CHECK: %[[PAGE:.*]] = arith.divui %[[SLOT]], %c16_i32
// CHECK: %[[WITHIN:.*]] = arith.remui %[[SLOT]], %c16_i32
// CHECK: arith.cmpi sge, %[[SLOT]], %c0_i32
// CHECK: arith.cmpi slt, %[[PAGE]], %{{.*}}
// CHECK: scf.if
// CHECK-NEXT: %[[PAGE64:.*]] = arith.extsi %[[PAGE]] : i32 to i64
// CHECK-NEXT: arith.muli %[[PAGE64]],
// CHECK-NEXT: arith.muli %[[HEAD64]],
// CHECK: %[[WITHIN64:.*]] = arith.extsi %[[WITHIN]] : i32 to i64
// CHECK-NEXT: arith.muli %[[WITHIN64]],
// CHECK-COUNT-2: llvm.store %{{.*}} : i8, !llvm.ptr<1>
// CHECK-COUNT-2: llvm.store %{{.*}} {alignment = 16 : i64} : vector<8xf16>, !llvm.ptr<1>
// CHECK-NOT: llvm.store
// CHECK-LABEL: llvm.func @token_major_kernel0(
// CHECK: %[[GROUP:.*]] = arith.addi
// CHECK: %[[TOKEN:.*]] = arith.divui %[[GROUP]], %c3_i32
// CHECK: %[[HEAD:.*]] = arith.remui %[[GROUP]], %c3_i32
// CHECK: %[[HEAD64:.*]] = arith.extsi %[[HEAD]] : i32 to i64
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xf16>
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xf16>
// CHECK: %[[SLOT:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: nvvm.shfl.sync
// CHECK: arith.cmpf ogt,
// CHECK: %[[PAGE:.*]] = arith.divui %[[SLOT]], %c16_i32
// CHECK: %[[WITHIN:.*]] = arith.remui %[[SLOT]], %c16_i32
// CHECK: arith.cmpi sge, %[[SLOT]], %c0_i32
// CHECK: arith.cmpi slt, %[[PAGE]], %{{.*}}
// CHECK: scf.if
// CHECK-NEXT: %[[PAGE64:.*]] = arith.extsi %[[PAGE]] : i32 to i64
// CHECK-NEXT: arith.muli %[[PAGE64]],
// CHECK-NEXT: %[[WITHIN64:.*]] = arith.extsi %[[WITHIN]] : i32 to i64
// CHECK-NEXT: arith.muli %[[WITHIN64]],
// CHECK: arith.muli %[[HEAD64]],
// CHECK: llvm.return
// CHECK-LABEL: adamas_gpu.program @head_major
// CHECK-COUNT-7: adamas_gpu.value "argument{{[0-6]}}" argument
// CHECK-NOT: adamas_gpu.value
// CHECK: adamas_gpu.launch @kernels::@head_major_kernel0 grid affine_map<()[s0] -> ((s0 * 3) ceildiv 32, 1, 1)> [0, 0] threads 256 shared 0
// CHECK-LABEL: adamas_gpu.program @token_major
// CHECK: adamas_gpu.value "argument3" argument f16 [-1, 16, 3, 64]
func.func @head_major(%k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %key: tensor<?x3x16x64xf16>, %value: tensor<?x3x16x64xf16>, %codes: tensor<?x3x16x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) -> (tensor<?x3x16x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>) {
  %0:3 = adamas.append %k, %v at %s into %key, %value, %codes thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
  return %0#0, %0#1, %0#2 : tensor<?x3x16x64xf16>, tensor<?x3x16x64xf16>, tensor<?x3x16x!adamas.codes<64, 2>>
}

func.func @token_major(%k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %key: tensor<?x16x3x64xf16>, %value: tensor<?x16x3x64xf16>, %codes: tensor<?x16x3x!adamas.codes<64, 2>>, %t: tensor<3x3xf32>) -> (tensor<?x16x3x64xf16>, tensor<?x16x3x64xf16>, tensor<?x16x3x!adamas.codes<64, 2>>) {
  %0:3 = adamas.append %k, %v at %s into %key, %value, %codes thresholds(%t : tensor<3x3xf32>) layout token_major : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x16x3x64xf16>, tensor<?x16x3x!adamas.codes<64, 2>>
  return %0#0, %0#1, %0#2 : tensor<?x16x3x64xf16>, tensor<?x16x3x64xf16>, tensor<?x16x3x!adamas.codes<64, 2>>
}
