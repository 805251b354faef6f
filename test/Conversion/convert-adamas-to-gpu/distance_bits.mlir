// Distances of 128 dimensions reach 384: eight bits saturate, and where the threshold is one that did, while some are left out, the part is
// measured once more, less what puts the threshold in the middle. Those of 64 dimensions reach 192: nothing saturates. A value that two
// compactions select from keeps 16 bits.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @saturates_kernel0(
// CHECK: %[[KEPT:.*]] = arith.minui %{{.*}}, %c255_i32
// CHECK: %[[BYTE:.*]] = arith.trunci %[[KEPT]] : i32 to i8
// CHECK: adamas_gpu.store keep %[[BYTE]]
// Eight at a time, two a word.
// CHECK: llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
// CHECK-COUNT-4: nvvm.prmt
// CHECK-DAG: %[[LAST:.*]] = arith.cmpi sge, %[[THRESHOLD:.*]], %c384_i32
// CHECK-DAG: %[[FAR:.*]] = arith.cmpi sge, %[[THRESHOLD]], %c255_i32
// CHECK: %[[BEYOND:.*]] = arith.andi %[[FAR]],
// CHECK: arith.select %[[BEYOND]], %c128_i32, %[[THRESHOLD]]
// CHECK: scf.if %[[BEYOND]] -> (vector<4xi32>
// CHECK: %[[BASE:.*]] = arith.subi %[[THRESHOLD]], %c128_i32
// CHECK: scf.for
// CHECK: %[[MOVED:.*]] = arith.subi %{{.*}}, %[[BASE]]
// CHECK: %[[LOW:.*]] = arith.maxsi %[[MOVED]], %c0_i32
// CHECK: arith.minui %[[LOW]], %c255_i32
// CHECK: llvm.store %{{.*}} : i8, !llvm.ptr<1>
// CHECK: nvvm.barrier
// CHECK: llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
// CHECK-LABEL: llvm.func @fits_kernel0(
// CHECK-NOT: arith.minui {{.*}}%c255_i32
// CHECK: adamas_gpu.store keep %{{.*}} : i8,
// CHECK-NOT: arith.minui
// CHECK-LABEL: llvm.func @selected_twice_kernel0(
// CHECK: adamas_gpu.store keep %{{.*}} : i16,
// CHECK: adamas_gpu.program @saturates
// CHECK: adamas_gpu.value "buffer0" workspace i8 [-1, 2, -1]
// CHECK: adamas_gpu.program @selected_twice
// CHECK: adamas_gpu.value "buffer0" workspace i16 [-1, 2, -1]
func.func @saturates(%q: tensor<?x2x!adamas.codes<128, 2>>, %c: tensor<?x2x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>) -> (tensor<?x2x8xi32>, tensor<?x2xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, distance_bits = 8> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<128, 2>>, tensor<?x2x?x!adamas.codes<128, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 385 in cluster : tensor<?x2x?xi32>
    %t, %r = adamas.threshold %h need 7 in shared : tensor<?x2x1x385xi32>
    %i, %m = adamas.compact %d, %t, %r seq_lens(%n : tensor<?xi32>) budget 8 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    %l, %k = adamas.join %i, %m in global : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
    adamas.yield %l, %k : tensor<?x2x8xi32>, tensor<?x2xi32>
  } : tensor<?x2x8xi32>, tensor<?x2xi32>
  return %0#0, %0#1 : tensor<?x2x8xi32>, tensor<?x2xi32>
}

func.func @fits(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> (tensor<?x2x8xi32>, tensor<?x2xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, distance_bits = 8> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 193 in cluster : tensor<?x2x?xi32>
    %t, %r = adamas.threshold %h need 7 in shared : tensor<?x2x1x193xi32>
    %i, %m = adamas.compact %d, %t, %r seq_lens(%n : tensor<?xi32>) budget 8 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    %l, %k = adamas.join %i, %m in global : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
    adamas.yield %l, %k : tensor<?x2x8xi32>, tensor<?x2xi32>
  } : tensor<?x2x8xi32>, tensor<?x2xi32>
  return %0#0, %0#1 : tensor<?x2x8xi32>, tensor<?x2xi32>
}

func.func @selected_twice(%q: tensor<?x2x!adamas.codes<128, 2>>, %c: tensor<?x2x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>) -> (tensor<?x2x8xi32>, tensor<?x2x16xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, distance_bits = 8> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<128, 2>>, tensor<?x2x?x!adamas.codes<128, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 385 in cluster : tensor<?x2x?xi32>
    %t, %r = adamas.threshold %h need 7 in shared : tensor<?x2x1x385xi32>
    %i, %m = adamas.compact %d, %t, %r seq_lens(%n : tensor<?xi32>) budget 8 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    %l, %k = adamas.join %i, %m in global : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
    %u, %v = adamas.threshold %h need 15 in shared : tensor<?x2x1x385xi32>
    %a, %e = adamas.compact %d, %u, %v seq_lens(%n : tensor<?xi32>) budget 16 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    %f, %g = adamas.join %a, %e in global : tensor<?x2x1x16xi32>, tensor<?x2x1xi32>
    adamas.yield %l, %f : tensor<?x2x8xi32>, tensor<?x2x16xi32>
  } : tensor<?x2x8xi32>, tensor<?x2x16xi32>
  return %0#0, %0#1 : tensor<?x2x8xi32>, tensor<?x2x16xi32>
}
