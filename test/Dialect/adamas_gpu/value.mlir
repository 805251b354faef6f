// Round trip of adamas_gpu.value: the three roles, and where a workspace's shape comes from.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt --mlir-print-local-scope | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: adamas_gpu.program @scan
adamas_gpu.program @scan block 200 {
  // CHECK-NEXT: adamas_gpu.value "codes" argument ui32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
  adamas_gpu.value "codes" argument ui32 [-1, 3, -1, 2, 4] at 0 dense 1 align 16
  // CHECK-NEXT: adamas_gpu.value "distances" result i32 [-1, 9, -1] at 88 dense 3 align 4
  adamas_gpu.value "distances" result i32 [-1, 9, -1] at 88 dense 3 align 4
  // CHECK-NEXT: adamas_gpu.value "buffer" workspace i16 [-1, 9, -1] at 144 dense 3 align 2 extent affine_map<()[s0, s1] -> (s0, 9, (s1 ceildiv 8) * 8)> [0, 0, 0, 2]
  adamas_gpu.value "buffer" workspace i16 [-1, 9, -1] at 144 dense 3 align 2 extent affine_map<()[s0, s1] -> (s0, 9, (s1 ceildiv 8) * 8)> [0, 0, 0, 2]
}
