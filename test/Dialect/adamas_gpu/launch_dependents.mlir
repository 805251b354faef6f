// Round trip of adamas_gpu.launch_dependents. It orders memory: none is dropped.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// RUN: adamas-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @f(
func.func @f() {
  // CHECK-COUNT-2: adamas_gpu.launch_dependents
  adamas_gpu.launch_dependents
  adamas_gpu.launch_dependents
  return
}
