// Keys are rotated in registers and coded, a group of lanes a token: 128 threads and 8 lanes a row of 64 are 16 tokens a CTA.
// What lies beyond the cache is read within it and not stored.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @keys_kernel0(
// CHECK: %[[TOKENS64:.*]] = adamas_gpu.parameter %{{.*}}[24] : !llvm.ptr -> i64
// CHECK: %[[CHUNK:.*]] = nvvm.read.ptx.sreg.ctaid.x : i32
// CHECK: %[[TOKENS:.*]] = arith.trunci %[[TOKENS64]] : i64 to i32
// CHECK: %[[GROUP:.*]] = arith.divui %{{.*}}, %c8_i32
// CHECK: %[[FIRST:.*]] = arith.muli %[[CHUNK]], %c16_i32
// CHECK: %[[TOKEN:.*]] = arith.addi %[[FIRST]], %[[GROUP]]
// CHECK: %[[LAST:.*]] = arith.subi %[[TOKENS]], %c1_i32
// CHECK: arith.minsi %[[TOKEN]], %[[LAST]]
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %[[TOKEN]], %[[TOKENS]]
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xbf16>
// CHECK: arith.extf %{{.*}} : vector<8xbf16> to vector<8xf32>
// CHECK: nvvm.shfl.sync
// CHECK: arith.cmpf ogt,
// CHECK: scf.if %[[INSIDE]] {
// CHECK: llvm.store %{{.*}} : i8, !llvm.ptr<1>
// CHECK: adamas_gpu.launch @kernels::@keys_kernel0 grid affine_map<()[s0, s1] -> (s1 ceildiv 16, s0 * 2, 1)> [0, 0, 0, 2] threads 128
func.func @keys(%k: tensor<?x2x?x64xbf16>, %t: tensor<1xf32>) -> tensor<?x2x?x!adamas.codes<64, 1>> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %y = adamas.hadamard %k in registers : tensor<?x2x?x64xbf16>
    %c = adamas.bucketize_pack %y thresholds(%t : tensor<1xf32>) heads_axis 1 in global : tensor<?x2x?x64xf32>
    adamas.yield %c : tensor<?x2x?x!adamas.codes<64, 1>>
  } : tensor<?x2x?x!adamas.codes<64, 1>>
  return %0 : tensor<?x2x?x!adamas.codes<64, 1>>
}
