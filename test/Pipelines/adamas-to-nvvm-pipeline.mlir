// From form 1 to the NVVM dialect. The stages:
//   1. adamas-open-topk, adamas-open-attention: form 1 to form 2
//   2. adamas-split-tokens, cse: the token axis in 'ways' parts, shared histograms once
//   3. adamas-verify-staged-form: the contract of form 2
//   4. adamas-assign-placements, adamas-form-kernels, adamas-choose-schedule: form 2 to form 3, for a chip
//   5. convert-adamas-to-gpu: kernels to the code of a thread, functions to programs
//   6. canonicalize, cse, convert-adamas-gpu-to-nvvm: memory-level ops to LLVM, NVVM and inline PTX
//   7. convert-scf-to-cf, convert-arith-to-llvm, convert-cf-to-llvm, reconcile-unrealized-casts
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-to-nvvm-pipeline="chip=sm_90" -o %t.l1
// RUN: FileCheck %s --input-file=%t.l1 --implicit-check-not=adamas.kernel --implicit-check-not=unrealized_conversion_cast
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-to-nvvm-pipeline="chip=sm_90 fusion=stages" -o %t.stages
// RUN: FileCheck %s --check-prefix=FOUR --input-file=%t.stages --implicit-check-not=adamas.kernel --implicit-check-not=unrealized_conversion_cast
// RUN: FileCheck %s --check-prefix=LLVM --input-file=%t.l1
// RUN: adamas-opt %examples/decode_weighted.mlir --adamas-to-nvvm-pipeline="chip=sm_80 ways=1" -o %t.weighted
// RUN: FileCheck %s --check-prefix=LLVM --input-file=%t.weighted
// RUN: adamas-opt %examples/decode_two_pass.mlir --adamas-to-nvvm-pipeline="chip=sm_120" -o %t.two
// RUN: FileCheck %s --check-prefix=LLVM --input-file=%t.two
//
// The stages can be seen one by one; most from 6 on run on each kernel.
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-to-nvvm-pipeline --mlir-print-ir-after-all -o %t.l1 2>&1 | grep "IR Dump After" | sed -E "s/kernel[0-9]+/kernel/" | awk '$0 != last && $0 != before {print; before = last; last = $0}' | FileCheck %s --check-prefix=STAGES
//
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-to-nvvm-pipeline="chip=sm_75" 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: option 'chip' expects a chip among sm_80, {{.*}}, but got 'sm_75'

// The kernels, and what the host is told of them.
// CHECK: gpu.module @kernels
// CHECK: llvm.mlir.global external @adamas_shared()
// CHECK: llvm.func @decode_kernel0(%{{.*}}: !llvm.ptr {{.*}}llvm.byval = !llvm.array<{{[0-9]+}} x i64>, nvvm.grid_constant}) attributes {nvvm.kernel, nvvm.maxntid = array<i32: 128, 1, 1>}
// CHECK: llvm.func @decode_kernel1(
// CHECK: nvvm.mma.sync
// CHECK: llvm.func @decode_kernel2(
// CHECK: adamas_gpu.program @decode block
// CHECK-COUNT-3: adamas_gpu.launch @kernels::@decode_kernel{{[0-2]}}

// FOUR: llvm.func @decode_kernel1(
// FOUR: nvvm.mma.sync
// FOUR: llvm.func @decode_kernel2(
// FOUR: llvm.func @decode_kernel3(
// FOUR: adamas_gpu.program @decode block
// FOUR-COUNT-4: adamas_gpu.launch @kernels::@decode_kernel{{[0-3]}}

// Inside of the kernels nothing but LLVM and NVVM is left.
// LLVM-NOT: {{^ *(%[^=]* = )?}}{{arith|math|vector|scf|cf|memref|func|affine|builtin|adamas|adamas_gpu}}.
// LLVM: adamas_gpu.program @decode

// STAGES: After AdamasOpenTopK
// STAGES-NEXT: After AdamasOpenAttention
// STAGES-NEXT: After AdamasSplitTokens
// STAGES-NEXT: After CSE
// STAGES-NEXT: After AdamasVerifyStagedForm
// STAGES-NEXT: After AdamasAssignPlacements
// STAGES-NEXT: After AdamasFormKernels
// STAGES-NEXT: After AdamasChooseSchedule
// STAGES-NEXT: After ConvertAdamasToGPU
// STAGES-NEXT: After Canonicalizer
// STAGES-NEXT: After CSE
// STAGES-NEXT: After ConvertAdamasGPUToNVVM
// STAGES-NEXT: After {{SCFToControlFlow|ConvertSCFToCF}}
// STAGES-NEXT: After {{.*}}Arith
// STAGES-NEXT: After {{.*}}ControlFlowToLLVM
// STAGES-NEXT: After ReconcileUnrealizedCasts
// STAGES-NOT: After
