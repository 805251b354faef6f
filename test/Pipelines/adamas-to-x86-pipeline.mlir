// From form 1 to the LLVM dialect for x86. The stages:
//   1. adamas-open-topk, adamas-open-attention: form 1 to form 2
//   2. adamas-split-tokens, cse: the token axis in 'ways' parts, shared histograms once
//   3. adamas-verify-staged-form: the contract of form 2
//   4. adamas-assign-placements, adamas-form-kernels: form 2 to form 3
//   5. convert-adamas-to-vector, canonicalize, cse: kernels to vector loops
//   6. convert-adamas-launch-to-llvm: launches to calls of the parallel loop
//   7. expand-strided-metadata, lower-affine, convert-scf-to-cf, arith-expand: what LLVM has no word for
//   8. conversions of math, vector, memref, func, arith and cf to LLVM
//   9. reconcile-unrealized-casts
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-to-x86-pipeline -o %t.l1
// RUN: FileCheck %s --input-file=%t.l1 --implicit-check-not={{[^_]}}adamas. --implicit-check-not=unrealized_conversion_cast
// RUN: FileCheck %s --check-prefix=LLVM --input-file=%t.l1
// RUN: adamas-opt %examples/decode_weighted.mlir --adamas-to-x86-pipeline="lanes=8 popcount=bytes" -o %t.weighted
// RUN: FileCheck %s --input-file=%t.weighted --implicit-check-not={{[^_]}}adamas. --implicit-check-not=unrealized_conversion_cast
// RUN: adamas-opt %examples/decode_two_pass.mlir --adamas-to-x86-pipeline="ways=3 lanes=4 popcount=bytes" -o %t.two
// RUN: FileCheck %s --input-file=%t.two --implicit-check-not={{[^_]}}adamas. --implicit-check-not=unrealized_conversion_cast
//
// It is LLVM IR in the end, and the stages can be seen one by one.
// RUN: mlir-translate --mlir-to-llvmir %t.l1 | FileCheck %s --check-prefix=IR
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-to-x86-pipeline --mlir-print-ir-after-all -o %t.l1 2>&1 | grep "IR Dump After" | FileCheck %s --check-prefix=STAGES

// The parallel loop, the host's function, its kernel, and what connects them.
// CHECK: llvm.func @adamas_parallel_for(
// CHECK: llvm.func @decode(
// CHECK-SAME: sym_visibility = "private"
// CHECK: llvm.call @adamas_parallel_for(
// CHECK: llvm.func @decode_kernel0(
// CHECK: llvm.func @_adamas_decode(%{{.*}}: !llvm.ptr)
// CHECK: llvm.func internal @decode_kernel0_item(

// Nothing but the LLVM dialect is left, and bits of 16 words are counted at once.
// LLVM-NOT: {{^ *(%[^=]* = )?}}{{arith|math|vector|scf|cf|memref|func|affine|builtin}}.
// LLVM: llvm.intr.ctpop(%{{.*}}) : (vector<16xi32>)

// IR: define void @_adamas_decode(ptr
// IR: define internal void @decode_kernel0_item(ptr %{{.*}}, i64 %{{.*}}, i64 %{{.*}}, i64 %{{.*}})

// STAGES: After AdamasOpenTopK
// STAGES-NEXT: After AdamasOpenAttention
// STAGES-NEXT: After AdamasSplitTokens
// STAGES-NEXT: After CSE
// STAGES-NEXT: After AdamasVerifyStagedForm
// STAGES-NEXT: After AdamasAssignPlacements
// STAGES-NEXT: After AdamasFormKernels
// STAGES-NEXT: After ConvertAdamasToVector
// STAGES-NEXT: After Canonicalizer
// STAGES-NEXT: After CSE
// STAGES-NEXT: After ConvertAdamasLaunchToLLVM
// STAGES: After ReconcileUnrealizedCasts
// STAGES-NOT: After
