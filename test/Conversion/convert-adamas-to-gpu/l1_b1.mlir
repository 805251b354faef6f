// dst-3 as |t(q)| + |t(k)| - 2 popc(t(q) & t(k)). The columns are block-diagonal: a lane's columns are not zero for its own token of
// four only. A column of ones gives |t(k)|; with the three heads of a group that is two pairs of columns. The six words of a token are
// three products of 256 bits, two words of both tokens each.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/\]  /] /g; s/sync  /sync /g' | FileCheck %s --implicit-check-not=xor_popc

// CHECK-LABEL: llvm.func @scan_kernel1(
// CHECK: %[[LANE:.*]] = arith.andi
// CHECK-COUNT-4: adamas_gpu.load stream
// |t(q)| is the sum of a head's codes: a word a lane, those of the upper plane count twice, lanes beyond the four words count nothing.
// CHECK: %[[HAS_WORD:.*]] = arith.cmpi slt, %[[LANE]], %c4_i32
// CHECK-NEXT: %[[WORD:.*]] = arith.select %[[HAS_WORD]], %[[LANE]], %c0_i32
// CHECK-NEXT: %[[PLANE:.*]] = arith.divui %[[WORD]], %c2_i32
// CHECK-NEXT: %[[OF_PLANE:.*]] = arith.remui %[[WORD]], %c2_i32
// CHECK: %[[STORED:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[MY_BITS:.*]] = arith.select %[[HAS_WORD]], %[[STORED]], %c0_i32
// CHECK-NEXT: %[[POPC:.*]] = llvm.intr.ctpop(%[[MY_BITS]])
// CHECK-NEXT: %[[CODES:.*]] = arith.shli %[[POPC]], %[[PLANE]]
// CHECK-NEXT: %[[COUNT:.*]] = nvvm.redux.sync add %[[CODES]], %c-1_i32
// CHECK-COUNT-2: nvvm.redux.sync add
// CHECK-NOT: nvvm.redux.sync
// CHECK: %[[LOW:.*]] = arith.andi %[[LANE]], %c3_i32
// CHECK-NEXT: %[[TOKEN:.*]] = arith.shrui %[[LANE]], %c3_i32
// CHECK-NEXT: %[[MINE:.*]] = arith.cmpi eq, %[[LOW]], %[[TOKEN]]
// CHECK-NEXT: %[[BIT:.*]] = arith.andi %[[LANE]], %c4_i32
// CHECK-NEXT: %[[ODD:.*]] = arith.cmpi ne, %[[BIT]], %c0_i32
// Codes of a plane are one load; the first pair of columns is ones and the first head.
// CHECK: %[[PLANE0:.*]] = llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
// CHECK-NEXT: %[[Q0:.*]] = llvm.extractelement %[[PLANE0]][%c0_i32 : i32]
// CHECK: %[[PLANE1:.*]] = llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
// CHECK-NEXT: %[[Q1:.*]] = llvm.extractelement %[[PLANE1]][%c0_i32 : i32]
// CHECK: %[[T1:.*]] = arith.ori %[[Q1]], %[[Q0]]
// CHECK-NEXT: %[[T3:.*]] = arith.andi %[[Q1]], %[[Q0]]
// CHECK-NEXT: %[[W0:.*]] = arith.select %[[ODD]], %[[T1]], %c-1_i32 : i32
// CHECK-NEXT: %[[C0:.*]] = arith.select %[[MINE]], %[[W0]], %c0_i32 : i32
// CHECK-NEXT: %[[W1:.*]] = arith.select %[[ODD]], %[[Q1]], %c-1_i32 : i32
// CHECK-NEXT: %[[C1:.*]] = arith.select %[[MINE]], %[[W1]], %c0_i32 : i32
// CHECK-NEXT: %[[W2:.*]] = arith.select %[[ODD]], %[[T3]], %c-1_i32 : i32
// CHECK-NEXT: arith.select %[[MINE]], %[[W2]], %c0_i32 : i32
// The second pair is the other two heads: a lane loads the row of its own column only.
// CHECK: %[[HEAD:.*]] = arith.select %[[ODD]], %c2_i32, %c1_i32 : i32
// CHECK-COUNT-2: llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
// CHECK: %[[D0:.*]] = arith.select %[[MINE]], %{{.*}}, %c0_i32 : i32
// CHECK-NEXT: %[[D1:.*]] = arith.select %[[MINE]], %{{.*}}, %c0_i32 : i32
// CHECK-NOT: llvm.load
// CHECK: nvvm.mma.sync A[%[[A0:.*]], %[[A1:.*]], %{{.*}}, %{{.*}}] B[%[[C0]], %[[C1]]] C[%c0_i32, %c0_i32, %c0_i32, %c0_i32] {b1Op = #nvvm.mma_b1op<and_popc>, {{.*}} shape = #nvvm.shape<m = 16, n = 8, k = 256>}
// CHECK: %[[M:.*]] = nvvm.mma.sync A[{{.*}}] B[{{.*}}] C[%{{[0-9]+}}, %{{[0-9]+}}, %{{[0-9]+}}, %{{[0-9]+}}] {b1Op = #nvvm.mma_b1op<and_popc>
// CHECK: %[[LAST:.*]] = nvvm.mma.sync
// CHECK: %[[ONES:.*]] = llvm.extractvalue %[[LAST]][0]
// CHECK-NEXT: %[[BOTH:.*]] = llvm.extractvalue %[[LAST]][1]
// The second pair of columns starts from zero again, with the same words of the keys.
// CHECK: nvvm.mma.sync A[%[[A0]], %[[A1]], {{.*}} B[%[[D0]], %[[D1]]] C[%c0_i32, %c0_i32, %c0_i32, %c0_i32]
// CHECK: nvvm.mma.sync
// CHECK: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK: %[[SUM:.*]] = arith.addi %[[COUNT]], %[[ONES]]
// CHECK-NEXT: %[[TWICE:.*]] = arith.shli %[[BOTH]], %c1_i32
// CHECK-NEXT: arith.subi %[[SUM]], %[[TWICE]]
// CHECK-COUNT-6: adamas_gpu.store keep
// CHECK-NOT: adamas_gpu.store
func.func @scan(%q: tensor<?x6x!adamas.codes<64, 2>>, %c: tensor<?x2x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>) -> tensor<?x6x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = b1> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x6x!adamas.codes<64, 2>>, tensor<?x2x?x!adamas.codes<64, 2>>
    adamas.yield %d : tensor<?x6x?xi32>
  } : tensor<?x6x?xi32>
  return %0 : tensor<?x6x?xi32>
}
