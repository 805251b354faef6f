// Distances that the function returns are 32 bits wide and -1 where no row sees a token: a kernel of its own fills them first.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @scan_kernel0(
// CHECK: nvvm.maxntid = array<i32: 256, 1, 1>
// CHECK: %[[ROWS:.*]] = arith.muli %{{.*}}, %c2_i64
// CHECK-NEXT: %[[WORDS:.*]] = arith.muli %[[ROWS]], %{{.*}} : i64
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[WORDS]] step
// CHECK: llvm.store %c-1_i32, %{{.*}} : i32, !llvm.ptr<1>
// CHECK-LABEL: llvm.func @scan_kernel1(
// CHECK: adamas_gpu.store keep %{{.*}} : i32, !llvm.ptr<1>
// CHECK: adamas_gpu.value "result0" result i32 [-1, 2, -1] at {{[0-9]+}} dense 3 align 4
// CHECK: adamas_gpu.launch @kernels::@scan_kernel0 grid affine_map<() -> (64, 1, 1)> [] threads 256 shared 0 dependent
func.func @scan(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}
