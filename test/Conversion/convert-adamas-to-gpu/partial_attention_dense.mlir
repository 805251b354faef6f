// Attention over all tokens of a part, four tokens of a lane on their way at once; the part comes from the actual length.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | sed -E 's/(sync|vote)  /\1 /g' | FileCheck %s

// CHECK-LABEL: llvm.func @attend_kernel0(
// CHECK: %[[PART:.*]] = nvvm.read.ptx.sreg.ctaid.y
// CHECK: %[[LENGTH:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: arith.minsi %[[LENGTH]],
// CHECK: %[[VISIBLE:.*]] = arith.maxsi
// CHECK-NEXT: %[[UP:.*]] = arith.addi %[[VISIBLE]], %c191_i32
// CHECK-NEXT: %[[UNITS:.*]] = arith.divui %[[UP]], %c192_i32
// CHECK-NEXT: %[[STEP:.*]] = arith.muli %[[UNITS]], %c64_i32
// CHECK-NEXT: %[[START:.*]] = arith.muli %[[PART]], %[[STEP]]
// CHECK-NEXT: %[[BEGIN:.*]] = arith.minsi %[[START]], %[[VISIBLE]]
// CHECK-NEXT: %[[STOP:.*]] = arith.addi %[[BEGIN]], %[[STEP]]
// CHECK-NEXT: %[[END:.*]] = arith.minsi %[[STOP]], %[[VISIBLE]]
// CHECK-NEXT: %[[TOKENS:.*]] = arith.subi %[[END]], %[[BEGIN]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[TOKENS]] step %c64_i32
// CHECK-COUNT-16: {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK: adamas_gpu.exp2
// CHECK: adamas_gpu.launch @kernels::@attend_kernel0 grid affine_map<()[s0] -> (s0 * 2, 3, 1)> [0, 0]
func.func @attend(%q: tensor<?x2x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x64xf32>, %n: tensor<?xi32>) -> (tensor<?x2x3x64xf32>, tensor<?x2x3xf32>) {
  %p = adamas.partition %k ways 3 : tensor<?x2x?x64xf32>
  %0:2 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %o, %lse = adamas.partial_attention %q, %k, %v seq_lens(%n : tensor<?xi32>) parts(%p : tensor<4xi32>) in global : tensor<?x2x64xf32>, tensor<?x2x?x64xf32>
    adamas.yield %o, %lse : tensor<?x2x3x64xf32>, tensor<?x2x3xf32>
  } : tensor<?x2x3x64xf32>, tensor<?x2x3xf32>
  return %0#0, %0#1 : tensor<?x2x3x64xf32>, tensor<?x2x3xf32>
}
