// dst-3: popc of the differences of the thermometer planes. Two keys of a lane are loaded at once, a warp's width apart, each plane's
// words in one load, as the query's are; three planes of two words are six counts a key. What lies beyond the end is not stored.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @scan_kernel1(
// CHECK-COUNT-4: adamas_gpu.load stream %{{.*}} : !llvm.ptr<1> -> vector<2xi32>
// CHECK-NOT: adamas_gpu.load
// CHECK: adamas_gpu.wait_grid
// CHECK: %[[LOW_WORDS:.*]] = llvm.load {{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
// CHECK-NEXT: %[[LOW:.*]] = llvm.extractelement %[[LOW_WORDS]][%c0_i32 : i32]
// CHECK: %[[HIGH_WORDS:.*]] = llvm.load {{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
// CHECK-NEXT: %[[HIGH:.*]] = llvm.extractelement %[[HIGH_WORDS]][%c0_i32 : i32]
// CHECK-NOT: llvm.load
// CHECK: %[[Q1:.*]] = arith.ori %[[HIGH]], %[[LOW]] : i32
// CHECK-NEXT: %[[Q3:.*]] = arith.andi %[[HIGH]], %[[LOW]] : i32
// CHECK-NEXT: arith.ori
// CHECK: %[[K1:.*]] = arith.ori %[[H:.*]], %[[L:.*]] : i32
// CHECK-NEXT: %[[K3:.*]] = arith.andi %[[H]], %[[L]] : i32
// CHECK-NEXT: %[[D1:.*]] = arith.xori %[[K1]], %[[Q1]] : i32
// CHECK-NEXT: %[[D2:.*]] = arith.xori %[[H]], %[[HIGH]] : i32
// CHECK-NEXT: %[[D3:.*]] = arith.xori %[[K3]], %[[Q3]] : i32
// CHECK: %[[P1:.*]] = llvm.intr.ctpop(%[[D1]])
// CHECK-NEXT: %[[P2:.*]] = llvm.intr.ctpop(%[[D2]])
// CHECK-NEXT: %[[S:.*]] = arith.addi %[[P1]], %[[P2]]
// CHECK-NEXT: %[[P3:.*]] = llvm.intr.ctpop(%[[D3]])
// CHECK-NEXT: arith.addi %[[S]], %[[P3]]
// CHECK-COUNT-9: llvm.intr.ctpop
// CHECK-NOT: llvm.intr.ctpop
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt,
// CHECK-NEXT: scf.if %[[INSIDE]] {
// CHECK: adamas_gpu.store keep %{{.*}} : i32, !llvm.ptr<1>
// CHECK: scf.if
// CHECK: adamas_gpu.store keep
// CHECK-NOT: adamas_gpu.store
func.func @scan(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
