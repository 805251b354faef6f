// From form 1 to form 3 of a GPU: kernels with schedules, for a chip, a number of parts and what the options give.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline | FileCheck %s --check-prefix=DEFAULT
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline="chip=sm_100 ways=1 engine=popc threads=64 tokens=4 iterations=2" | FileCheck %s --check-prefix=GIVEN
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline="batch=16 sequence-length=131072" | FileCheck %s --check-prefix=LONG
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline="ways=0" 2>&1 | FileCheck %s --check-prefix=WAYS

// DEFAULT: adamas.partition %{{.*}} ways 4
// DEFAULT: adamas.kernel row #adamas.gpu<sm = 90,
// DEFAULT: adamas.kernel token #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = b1>
// DEFAULT: adamas.kernel part #adamas.gpu<sm = 90,
// DEFAULT: adamas.kernel row #adamas.gpu<sm = 90,
// DEFAULT-NEXT: adamas.join
// DEFAULT-NEXT: adamas.merge_attention
// DEFAULT-NOT: adamas.kernel

// GIVEN-NOT: adamas.partition
// GIVEN: adamas.kernel token #adamas.gpu<sm = 100, threads = 64, tokens = 4, iterations = 2, engine = popc>
// GIVEN: adamas.kernel part #adamas.gpu<sm = 100, threads = 512,
// GIVEN: adamas.merge_attention
// GIVEN-NOT: adamas.kernel

// LONG: adamas.kernel token #adamas.gpu<{{.*}} iterations = 8, engine = b1>

// WAYS: error: expects option 'ways' to be from 1 to 1048576, but got 0
