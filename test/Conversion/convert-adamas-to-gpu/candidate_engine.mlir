// Candidates may be measured in another way than all tokens: one plane of those takes population counts, while the memory brings it, and both
// planes of the few candidates take matrix products, of bits or of bytes. Where no engine is named for them, it is that of all tokens.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,BITS
// RUN: sed 's/candidate_engine = b1/candidate_engine = s8/' %s | adamas-opt --convert-adamas-to-gpu --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,BYTES
// RUN: sed 's/, candidate_engine = b1//' %s | adamas-opt --convert-adamas-to-gpu --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,SAME --implicit-check-not=nvvm.mma.sync

// Three planes of magnitudes by one of codes, of two tokens.
// CHECK-LABEL: llvm.func @two_pass_kernel0(
// CHECK: adamas_gpu.load stream
// CHECK-NOT: nvvm.mma.sync
// CHECK-COUNT-6: llvm.intr.ctpop
// CHECK-NOT: {{llvm.intr.ctpop|nvvm.mma.sync}}
// CHECK: adamas_gpu.store keep
// CHECK-NOT: {{llvm.intr.ctpop|nvvm.mma.sync}}
// CHECK: nvvm.cluster.wait
// CHECK-NOT: nvvm.mma.sync
// CHECK: scf.while
// CHECK-NOT: nvvm.mma.sync
// CHECK: adamas_gpu.load read_only
// Two pairs of columns for the four bits of a weight, by two planes.
// BITS-NOT: llvm.intr.ctpop
// BITS-COUNT-4: nvvm.mma.sync {{.*}}b1Op = #nvvm.mma_b1op<and_popc>
// BITS-NOT: {{llvm.intr.ctpop|nvvm.mma.sync}}
// A word's 32 codes are eight registers of bytes, two a product.
// BYTES-NOT: llvm.intr.ctpop
// BYTES-COUNT-4: nvvm.mma.sync {{.*}}multiplicandAPtxType = #nvvm.mma_type<u8>, multiplicandBPtxType = #nvvm.mma_type<s8>
// BYTES-NOT: {{llvm.intr.ctpop|nvvm.mma.sync}}
// Three planes of magnitudes by both of codes.
// SAME-COUNT-12: llvm.intr.ctpop
// SAME-NOT: llvm.intr.ctpop
// CHECK: nvvm.barrier
// CHECK: adamas_gpu.store_async
// CHECK-NOT: nvvm.mma.sync
// CHECK: llvm.return
func.func @two_pass(%y: tensor<?x2x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 2>>, %n: tensor<?xi32>) -> tensor<?x2x2x8xi32> {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<32, 2>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2, candidate_engine = b1> {
    %w = adamas.weigh %y cap 7 in shared : tensor<?x2x32xf32>
    %d = adamas.weighted_distance %w, %c seq_lens(%n : tensor<?xi32>) planes 1 in cluster : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 2>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) bins 225 in cluster : tensor<?x2x?xi32>
    %t, %s = adamas.threshold %h need 15 in shared : tensor<?x2x2x225xi32>
    %i, %m = adamas.compact %d, %t, %s seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) budget 16 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    %l, %k = adamas.join %i, %m in cluster : tensor<?x2x2x16xi32>, tensor<?x2x2xi32>
    %e = adamas.weighted_distance %w, %c candidates(%l : tensor<?x2x16xi32>) in cluster : tensor<?x2x32xi8>, tensor<?x2x?x!adamas.codes<32, 2>>
    %g = adamas.histogram %e seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) candidates(%l : tensor<?x2x16xi32>) bins 673 in cluster : tensor<?x2x16xi32>
    %u, %r = adamas.threshold %g need 7 in shared : tensor<?x2x2x673xi32>
    %j, %o = adamas.compact %e, %u, %r seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) candidates(%l : tensor<?x2x16xi32>) budget 8 in global : tensor<?x2x16xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    adamas.yield %j : tensor<?x2x2x8xi32>
  } : tensor<?x2x2x8xi32>
  return %0 : tensor<?x2x2x8xi32>
}
