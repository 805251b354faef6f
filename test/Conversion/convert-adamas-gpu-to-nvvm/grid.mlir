// Dependent launches: nvvm's own words for them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --pass-pipeline='builtin.module(gpu.module(convert-adamas-gpu-to-nvvm))' | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: llvm.func @kernel(
  llvm.func @kernel() {
    // CHECK: nvvm.griddepcontrol wait
    adamas_gpu.wait_grid
    // CHECK-NEXT: nvvm.griddepcontrol launch_dependents
    adamas_gpu.launch_dependents
    llvm.return
  }
}
