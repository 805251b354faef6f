// Round trip of adamas_gpu.wait_grid. It orders memory: none is dropped.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// RUN: adamas-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @f(
func.func @f() {
  // CHECK-COUNT-2: adamas_gpu.wait_grid
  adamas_gpu.wait_grid
  adamas_gpu.wait_grid
  return
}
