// Two sweeps over eight tokens a lane: the first counts what each warp selects, the second lists it behind what the warps before list. Ties
// from `skip` on are taken, so the newest. Sinks come first, recent tokens last, and -1 pads the list.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @select_kernel0(
// CHECK: scf.while
// CHECK: nvvm.barrier
// CHECK-NEXT: %[[THRESHOLD:.*]] = llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK: %[[SKIP:.*]] = arith.minsi
// CHECK: %[[NEAR:.*]] = arith.cmpi slt, %[[D:.*]], %[[THRESHOLD]]
// CHECK: %[[TIE:.*]] = arith.cmpi eq, %[[D]], %[[THRESHOLD]]
// CHECK: nvvm.redux.sync
// CHECK: nvvm.barrier
// CHECK: %[[ANY:.*]] = arith.cmpi ne
// CHECK: scf.if
// CHECK: nvvm.shfl.sync up
// CHECK: arith.cmpi sge, %{{.*}}, %[[SKIP]]
// CHECK: arith.cmpi slt, %{{.*}}, %c8_i32
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr<1>
// CHECK: arith.subi %c8_i32, %[[AFTER:.*]] : i32
// CHECK-NEXT: arith.maxsi
// CHECK-NEXT: arith.minsi
// CHECK-NEXT: scf.for
// CHECK: llvm.store
// CHECK: %[[SUM:.*]] = arith.addi %[[AFTER]], %{{.*}} : i32
// CHECK-NEXT: %[[LENGTH:.*]] = arith.minsi %[[SUM]], %c8_i32
// CHECK: scf.for
// CHECK: llvm.store %c-1_i32, %{{.*}} : i32, !llvm.ptr<1>
// CHECK: scf.if
// CHECK: llvm.store %[[LENGTH]], %{{.*}} : i32, !llvm.ptr<1>
// CHECK: nvvm.barrier
// CHECK-NEXT: llvm.return
func.func @select(%h: tensor<?x2x1x33xi32>, %q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %d: tensor<?x2x?xi32>, %n: tensor<?xi32>) -> (tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) {
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %s = adamas.threshold %h need 3 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) budget 8 sink 2 recent 3 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    adamas.yield %i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  } : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
  return %0#0, %0#1 : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
}
