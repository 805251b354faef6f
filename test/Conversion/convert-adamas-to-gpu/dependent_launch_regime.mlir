// The regime says how kernels follow each other. Without dependent launches none waits. With prefetch the first kernel lets the next one
// start before it waits, as later ones do, and a scan that is the first kernel loads its codes before it waits for what is in front of
// the function; a function that appends loads none early.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %S/dependent_launch.mlir --convert-adamas-to-gpu=regime=no_pdl | FileCheck %s --check-prefix=NONE --implicit-check-not=adamas_gpu.wait_grid --implicit-check-not=adamas_gpu.launch_dependents --implicit-check-not=" dependent"
// NONE-COUNT-3: adamas_gpu.launch @kernels

// RUN: adamas-opt %S/dependent_launch.mlir --convert-adamas-to-gpu=regime=pdl_prefetch --canonicalize --cse | FileCheck %s --check-prefix=EARLY
// EARLY-LABEL: llvm.func @decode_kernel0(
// EARLY: adamas_gpu.launch_dependents
// EARLY-NEXT: adamas_gpu.wait_grid
// EARLY-LABEL: llvm.func @decode_kernel1(
// EARLY-NOT: adamas_gpu.wait_grid
// EARLY: adamas_gpu.launch_dependents
// EARLY-NOT: adamas_gpu.wait_grid
// EARLY: adamas_gpu.load stream
// EARLY: adamas_gpu.wait_grid
// EARLY-LABEL: adamas_gpu.program @decode
// EARLY-COUNT-3: adamas_gpu.launch {{.*}} dependent

// RUN: adamas-opt %S/cluster_step.mlir --convert-adamas-to-gpu=regime=pdl_prefetch --canonicalize --cse | FileCheck %s --check-prefix=STEP
// RUN: adamas-opt %S/cluster_step.mlir --convert-adamas-to-gpu=regime=pdl_wait --canonicalize --cse | FileCheck %s --check-prefix=WAIT
// STEP: adamas_gpu.launch_dependents
// STEP-NOT: llvm.store
// STEP-NOT: adamas_gpu.wait_grid
// STEP: adamas_gpu.load stream
// STEP-NOT: llvm.store
// STEP: adamas_gpu.wait_grid
// STEP-NOT: adamas_gpu.wait_grid
// WAIT-NOT: adamas_gpu.load
// WAIT: adamas_gpu.wait_grid
// WAIT-NEXT: adamas_gpu.launch_dependents
// WAIT: adamas_gpu.load stream
// WAIT-NOT: adamas_gpu.wait_grid

// RUN: adamas-opt %S/dependent_launch_append.mlir --convert-adamas-to-gpu=regime=pdl_prefetch --canonicalize --cse | FileCheck %s --check-prefix=APPEND
// APPEND-LABEL: llvm.func @step_kernel0(
// APPEND: adamas_gpu.launch_dependents
// APPEND-NEXT: adamas_gpu.wait_grid
// APPEND-LABEL: llvm.func @step_kernel1(
// APPEND-NOT: adamas_gpu.load
// APPEND: adamas_gpu.wait_grid
// APPEND: adamas_gpu.load fresh

// RUN: not adamas-opt %S/dependent_launch.mlir --convert-adamas-to-gpu=regime=eager 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: Cannot find option named 'eager'!
