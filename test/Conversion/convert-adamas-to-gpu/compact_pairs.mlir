// Distances that a scan of ours stored are 16 bits wide and padded: a load takes eight, and a word holds two that are compared at once. The
// first window is loaded before the threshold is known, each next one after the one before is listed, if there is one. Those of 2^15 and
// more take 32 bits, and are compared one by one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @pairs_kernel1(
// CHECK-DAG: %[[TOPS:.*]] = arith.constant -2147450880 : i32
// CHECK-DAG: %[[ONES:.*]] = arith.constant 65537 : i32
// CHECK: %[[FOUND:.*]] = adamas_gpu.shared_memory 8 at 0
// CHECK: %[[W0:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK: %[[W1:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK: %[[W2:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK: %[[W3:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK: nvvm.shfl.sync
// CHECK: %[[THRESHOLD:.*]] = llvm.load %[[FOUND]] : !llvm.ptr<3> -> i32
// CHECK: scf.for %[[AT:.*]] = %{{.*}} to %[[END:.*]] step %c4096_i32 iter_args(%{{.*}} = %c0_i32, %{{.*}} = %c0_i32, %[[EIGHT:.*]] = %[[W0]], %[[N1:.*]] = %[[W1]], %[[N2:.*]] = %[[W2]], %[[N3:.*]] = %[[W3]])
// CHECK-NOT: llvm.load
// A threshold beyond the farthest distance is as good as the next one to it, and would borrow.
// CHECK: %[[REACHED:.*]] = arith.minsi %[[THRESHOLD]], %{{.*}} : i32
// CHECK-NEXT: %[[BOTH:.*]] = arith.muli %[[REACHED]], %[[ONES]]
// CHECK-NEXT: %[[WORD:.*]] = llvm.extractelement %[[EIGHT]][%c0_i32 : i32]
// CHECK-NEXT: %[[TOPPED:.*]] = arith.ori %[[WORD]], %[[TOPS]]
// CHECK-NEXT: %[[NOT_NEARER:.*]] = arith.subi %[[TOPPED]], %[[BOTH]]
// CHECK-NEXT: %[[FARTHER:.*]] = arith.subi %[[NOT_NEARER]], %[[ONES]]
// CHECK-NEXT: %[[NEARER:.*]] = arith.xori %[[NOT_NEARER]], %c-1_i32
// CHECK-NEXT: %[[NEAR:.*]] = arith.andi %[[NEARER]], %[[TOPS]]
// CHECK-NEXT: %[[NOT_FARTHER:.*]] = arith.xori %[[FARTHER]], %c-1_i32
// CHECK-NEXT: %[[EQUAL:.*]] = arith.andi %[[NOT_NEARER]], %[[NOT_FARTHER]]
// CHECK-NEXT: %[[TIE:.*]] = arith.andi %[[EQUAL]], %[[TOPS]]
// CHECK-NEXT: arith.shrui %[[NEAR]], %c15_i32
// CHECK-NEXT: arith.shrui %[[TIE]], %c15_i32
// CHECK-NEXT: llvm.extractelement %[[EIGHT]][%c1_i32 : i32]
// CHECK: arith.shrui %{{.*}}, %c13_i32
// CHECK: arith.shrui %{{.*}}, %c11_i32
// CHECK: arith.shrui %{{.*}}, %c9_i32
// The upper halves' bits between the lower ones'.
// CHECK: arith.shrui %{{.*}}, %c15_i32
// CHECK-NEXT: arith.ori
// CHECK-NEXT: arith.andi %{{.*}}, %c255_i32
// CHECK-NOT: arith.cmpi {{slt|eq}}, %{{.*}}, %[[THRESHOLD]]
// CHECK: llvm.extractelement %[[N1]][%c0_i32 : i32]
// CHECK: llvm.extractelement %[[N2]][%c0_i32 : i32]
// CHECK: llvm.extractelement %[[N3]][%c0_i32 : i32]
// CHECK: %[[NEXT:.*]] = arith.addi %[[AT]], %c4096_i32
// CHECK-NEXT: %[[MORE:.*]] = arith.cmpi slt, %[[NEXT]], %[[END]]
// CHECK-NEXT: %[[LOADED:.*]]:4 = scf.if %[[MORE]] ->
// CHECK-COUNT-4: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK: scf.yield
// CHECK: scf.yield %[[EIGHT]], %[[N1]], %[[N2]], %[[N3]]
// CHECK: scf.yield %{{.*}}, %{{.*}}, %[[LOADED]]#0, %[[LOADED]]#1, %[[LOADED]]#2, %[[LOADED]]#3
// CHECK-NOT: arith.cmpi {{slt|eq}}, %{{.*}}, %[[THRESHOLD]]
// CHECK-LABEL: llvm.func @wide_kernel1(
// CHECK: %[[FOUND:.*]] = adamas_gpu.shared_memory 8 at 0
// CHECK: %[[THRESHOLD:.*]] = llvm.load %[[FOUND]] : !llvm.ptr<3> -> i32
// CHECK: arith.cmpi slt, %[[D:.*]], %[[THRESHOLD]]
// CHECK: arith.cmpi eq, %[[D]], %[[THRESHOLD]]
// CHECK-LABEL: adamas_gpu.program @pairs
// CHECK: adamas_gpu.value "buffer0" workspace i16
// CHECK-LABEL: adamas_gpu.program @wide
// CHECK: adamas_gpu.value "buffer0" workspace i32
func.func @pairs(%h: tensor<?x2x1x33xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x1x8xi32> {
  %d = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %x = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %x : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}

func.func @wide(%h: tensor<?x2x1x61441xi32>, %w: tensor<?x2x32xi8>, %c: tensor<?x2x?x!adamas.codes<32, 4>>, %n: tensor<?xi32>) -> tensor<?x2x1x8xi32> {
  %d = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %x = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 4>>
    adamas.yield %x : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 7 in shared : tensor<?x2x1x61441xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i : tensor<?x2x1x8xi32>
  } : tensor<?x2x1x8xi32>
  return %0 : tensor<?x2x1x8xi32>
}
