// Round trip of adamas_gpu.policy, which is pure: two are one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s

// RUN: adamas-opt %s --cse | FileCheck %s --check-prefix=CSE

// CHECK-LABEL: func.func @policies(
// CSE-LABEL: func.func @policies(
func.func @policies() -> (i64, i64) {
  // CHECK-COUNT-2: adamas_gpu.policy
  // CSE-COUNT-1: adamas_gpu.policy
  // CSE-NOT: adamas_gpu.policy
  %a = adamas_gpu.policy
  %b = adamas_gpu.policy
  return %a, %b : i64, i64
}
