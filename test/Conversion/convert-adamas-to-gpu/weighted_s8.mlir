// wgt-3 as m sum_{w > 0} w - sum w c, the latter by products of bytes: codes in nibbles, two rows of weights a product, zeros where the
// lane's piece of a column belongs to another lane's token.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/\]  /] /g; s/sync  add/sync add/' | FileCheck %s --implicit-check-not=shared_memory --implicit-check-not=ballot

// Weights: registers of bytes at i, i + 8, i + 16 and i + 24 are made by transposing bytes.
// CHECK-LABEL: llvm.func @one_row_kernel1(
// CHECK: %[[K:.*]]:4 = scf.if
// CHECK: %[[W:.*]] = arith.extsi %{{.*}} : i8 to i32
// CHECK: %[[POSITIVE:.*]] = arith.maxsi %[[W]], %c0_i32
// CHECK: %[[SUM:.*]] = nvvm.redux.sync add %[[POSITIVE]], %c-1_i32
// CHECK: %[[START:.*]] = arith.muli %[[SUM]], %c3_i32
// CHECK: %[[MINE:.*]] = arith.cmpi eq,
// CHECK: %[[ODD:.*]] = arith.cmpi ne,
// The second column is empty.
// CHECK: %[[HOLDS:.*]] = arith.select %[[ODD]], %false, %[[MINE]]
// CHECK: llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
// CHECK: %[[P0:.*]] = nvvm.prmt <default> %c20800_i32, %[[W0:.*]], %[[W1:.*]] : i32
// CHECK: %[[P1:.*]] = nvvm.prmt <default> %c20800_i32, %[[W2:.*]], %[[W3:.*]] : i32
// CHECK: %[[T0:.*]] = nvvm.prmt <default> %c21520_i32, %[[P0]], %[[P1]] : i32
// CHECK: %[[T1:.*]] = nvvm.prmt <default> %c30258_i32, %[[P0]], %[[P1]] : i32
// CHECK: %[[P2:.*]] = nvvm.prmt <default> %c29538_i32, %[[W0]], %[[W1]] : i32
// CHECK-COUNT-11: nvvm.prmt
// CHECK: %[[B0:.*]] = arith.select %[[HOLDS]], %[[T0]], %c0_i32
// CHECK: %[[B1:.*]] = arith.select %[[HOLDS]], %[[T1]], %c0_i32
// CHECK-COUNT-6: arith.select
// Codes: planes are interleaved, even coordinates first.
// CHECK: %[[LOW:.*]] = arith.shrui %[[K]]#0, %c1_i32
// CHECK: %[[HIGH:.*]] = arith.shli %[[K]]#1, %c1_i32
// CHECK: %[[E0:.*]] = arith.andi %[[K]]#0, %c1431655765_i32
// CHECK: %[[E1:.*]] = arith.andi %[[HIGH]], %c-1431655766_i32
// CHECK: %[[EVEN:.*]] = arith.ori %[[E0]], %[[E1]]
// CHECK: %[[O0:.*]] = arith.andi %[[LOW]], %c1431655765_i32
// CHECK: %[[O1:.*]] = arith.andi %[[K]]#1, %c-1431655766_i32
// CHECK: %[[ODDS:.*]] = arith.ori %[[O0]], %[[O1]]
// CHECK: %[[A0:.*]] = arith.andi %[[EVEN]], %c50529027_i32
// CHECK: %[[A4:.*]] = arith.andi %[[EVEN]], %c808464432_i32
// CHECK: %[[A1:.*]] = arith.andi %[[ODDS]], %c50529027_i32
// CHECK: %[[M:.*]] = nvvm.mma.sync A[%[[A0]], %[[C0:.*]], %[[A1]], %[[C1:.*]]] B[%[[B0]], %[[B1]]] C[%c0_i32, %c0_i32, %c0_i32, %c0_i32] {intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>, {{.*}}multiplicandAPtxType = #nvvm.mma_type<u8>, multiplicandBPtxType = #nvvm.mma_type<s8>, shape = #nvvm.shape<m = 16, n = 8, k = 32>}
// CHECK: %[[S:.*]] = llvm.extractvalue %[[M]][0]
// CHECK: %[[LOWER:.*]] = nvvm.mma.sync A[{{.*}}] B[{{.*}}] C[%[[S]],
// CHECK: %[[L:.*]] = llvm.extractvalue %[[LOWER]][0]
// Upper nibbles count sixteen times as much.
// CHECK: nvvm.mma.sync A[%[[A4]], {{.*}}] B[{{.*}}] C[%c0_i32, %c0_i32, %c0_i32, %c0_i32]
// CHECK: %[[UPPER:.*]] = nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK: %[[U:.*]] = llvm.extractvalue %[[UPPER]][0]
// CHECK: %[[SHIFTED:.*]] = arith.shrsi %[[U]], %c4_i32
// CHECK-NEXT: %[[D:.*]] = arith.subi %[[START]], %[[L]]
// CHECK-NEXT: arith.subi %[[D]], %[[SHIFTED]]

// Three rows are two products; one plane needs nothing but shifts and masks.
// CHECK-LABEL: llvm.func @one_plane_kernel1(
// CHECK: %[[K:.*]]:2 = scf.if
// CHECK-COUNT-3: nvvm.redux.sync add
// CHECK: %[[ODD:.*]] = arith.cmpi ne,
// The row that a lane reads, of two.
// CHECK: arith.extui %[[ODD]]
// CHECK-COUNT-32: nvvm.prmt
// CHECK-NOT: nvvm.prmt
// CHECK-NOT: arith.ori
// CHECK: %[[BY1:.*]] = arith.shrui %[[K]]#0, %c1_i32
// CHECK: %[[BY2:.*]] = arith.shrui %[[K]]#0, %c2_i32
// CHECK: arith.andi %[[K]]#0, %c16843009_i32
// CHECK: arith.andi %[[K]]#0, %c269488144_i32
// CHECK: arith.andi %[[BY2]], %c16843009_i32
// CHECK: arith.andi %[[BY1]], %c16843009_i32
// CHECK-COUNT-8: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync

// Four planes fill nibbles: pairs of planes are interleaved by bits, then by pairs of bits.
// CHECK-LABEL: llvm.func @four_planes_kernel1(
// CHECK: arith.andi %{{.*}}, %c858993459_i32
// CHECK: arith.andi %{{.*}}, %c-858993460_i32
// CHECK: %[[NIBBLES:.*]] = arith.ori
// CHECK: arith.andi %[[NIBBLES]], %c252645135_i32
// CHECK: arith.andi %[[NIBBLES]], %c-252645136_i32

// CHECK-LABEL: adamas_gpu.program @one_row
func.func @one_row(%w: tensor<?x2x32xi8>, %c: tensor<?x2x?x!adamas.codes<32, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 100, threads = 128, tokens = 2, iterations = 1, engine = s8> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

func.func @one_plane(%w: tensor<?x3x32xi8>, %c: tensor<?x1x?x!adamas.codes<32, 2>>, %n: tensor<?xi32>) -> tensor<?x3x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = s8> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 1 in global : tensor<?x3x32xi8>, tensor<?x1x?x!adamas.codes<32, 2>>
    adamas.yield %d : tensor<?x3x?xi32>
  } : tensor<?x3x?xi32>
  return %0 : tensor<?x3x?xi32>
}

func.func @four_planes(%w: tensor<?x1x32xi8>, %c: tensor<?x1x?x!adamas.codes<32, 4>>, %n: tensor<?xi32>) -> tensor<?x1x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = s8> {
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x1x32xi8>, tensor<?x1x?x!adamas.codes<32, 4>>
    adamas.yield %d : tensor<?x1x?xi32>
  } : tensor<?x1x?xi32>
  return %0 : tensor<?x1x?xi32>
}
