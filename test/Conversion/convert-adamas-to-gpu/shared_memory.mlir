// A list shared by 32 heads of 256: fewer warps on chips with little shared memory, as many as on others elsewhere.
//
// RUN: adamas-opt --adamas-specialize="query-heads=64 kv-heads=2 head-dim=256 policy=per_kv_head" %S/../../Examples/decode_l1.mlir -o %t.mlir
// RUN: adamas-opt --adamas-gpu-kernels-pipeline="chip=sm_86" %t.mlir | FileCheck %s --check-prefix=LITTLE
// RUN: adamas-opt --adamas-gpu-kernels-pipeline="chip=sm_90" %t.mlir | FileCheck %s --check-prefix=MUCH
// RUN: adamas-opt --adamas-to-nvvm-pipeline="chip=sm_86" %t.mlir | FileCheck %s --check-prefix=FITS
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// LITTLE: adamas.kernel part #adamas.gpu<sm = 86, threads = 128,
// MUCH: adamas.kernel part #adamas.gpu<sm = 90, threads = 256,
// FITS: adamas_gpu.launch @kernels::@decode_kernel2 grid {{.*}} threads 128
