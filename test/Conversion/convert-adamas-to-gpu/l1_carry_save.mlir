// Three words of one weight become one of that weight and one of twice it before anything is counted: six words of a key leave two of
// weight 1 and two of weight 2, four counts in place of six.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @scan_kernel1(
// CHECK: adamas_gpu.load stream
// CHECK: %[[X:.*]] = arith.xori
// CHECK: %[[OR:.*]] = arith.ori %[[A:.*]], %[[B:.*]] : i32
// CHECK-NEXT: %[[EITHER:.*]] = arith.andi %[[C:.*]], %[[OR]] : i32
// CHECK-NEXT: %[[CARRY:.*]] = arith.ori %{{.*}}, %[[EITHER]] : i32
// CHECK-NEXT: %[[HALF:.*]] = arith.xori %[[A]], %[[B]] : i32
// CHECK-NEXT: %[[SUM:.*]] = arith.xori %[[HALF]], %[[C]] : i32
// CHECK-NOT: llvm.intr.ctpop(%[[SUM]])
// CHECK: llvm.intr.ctpop
// CHECK: llvm.intr.ctpop
// CHECK: llvm.intr.ctpop(%[[CARRY]])
// CHECK: llvm.intr.ctpop
// CHECK: arith.shli %{{.*}}, %c1_i32
// CHECK-COUNT-4: llvm.intr.ctpop
// CHECK-NOT: llvm.intr.ctpop
func.func @scan(%q: tensor<?x2x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = carry_save> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
