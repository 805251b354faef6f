// From form 1 to form 3 of a GPU: kernels with schedules, for a chip, a number of parts and what the options give.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline | FileCheck %s --check-prefix=DEFAULT
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline="fusion=stages" | FileCheck %s --check-prefix=STAGES
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline="batch=32" | FileCheck %s --check-prefix=BATCH --implicit-check-not=adamas.partition
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline="explain" -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline="chip=sm_100 ways=1 engine=popc threads=64 tokens=4 iterations=2" | FileCheck %s --check-prefix=GIVEN
// RUN: adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline="batch=16 sequence-length=131072" | FileCheck %s --check-prefix=LONG
// RUN: not adamas-opt %examples/decode_l1.mlir --adamas-gpu-kernels-pipeline="ways=-1" 2>&1 | FileCheck %s --check-prefix=WAYS

// DEFAULT: adamas.partition %{{.*}} ways 8
// DEFAULT: adamas.kernel row #adamas.gpu<sm = 90,
// DEFAULT: adamas.kernel part #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = b1, cluster = 8{{.*}}>
// DEFAULT-NEXT: adamas.l1_distance
// DEFAULT: adamas.merge_attention
// DEFAULT: adamas.kernel row #adamas.gpu<sm = 90,
// DEFAULT-NEXT: adamas.join
// DEFAULT-NOT: adamas.kernel

// STAGES: adamas.partition %{{.*}} ways 8
// STAGES: adamas.kernel row #adamas.gpu<sm = 90,
// STAGES: adamas.kernel token #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = b1{{.*}}>
// STAGES: adamas.kernel part #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = popc{{.*}}>
// STAGES: adamas.kernel row #adamas.gpu<sm = 90,
// STAGES-NEXT: adamas.join
// STAGES-NEXT: adamas.merge_attention
// STAGES-NOT: adamas.kernel

// The more sequences, the fewer parts: nothing is left to merge.
// BATCH: adamas.kernel row
// BATCH: adamas.kernel token
// BATCH: adamas.kernel part
// BATCH-NOT: adamas.kernel

// EXPLAIN: remark: divides tokens in 8: step of 8 parts {{[0-9.]+}} us, stages of 8 parts {{[0-9.]+}} us, selection of {{.*}}; estimated for sm_90a, batch 1, 32768 tokens
// EXPLAIN: remark: launches by step, for the parts that there are: step of 8 parts
// EXPLAIN: remark: kernel of l1_distance, histogram, {{.*}}merge_attention: 256 threads, clusters of 8, distances kept in 8 bits, engine b1 for 3 heads of codes a key, 2 planes, 2 tokens a thread, 1 times, for batch 1 and 32768 tokens

// GIVEN-NOT: adamas.partition
// GIVEN: adamas.kernel token #adamas.gpu<sm = 100, threads = 64, tokens = 4, iterations = 2, engine = popc{{.*}}>
// GIVEN: adamas.kernel part #adamas.gpu<sm = 100, threads = 512,
// GIVEN: adamas.merge_attention
// GIVEN-NOT: adamas.kernel

// LONG: adamas.kernel token #adamas.gpu<{{.*}} iterations = 8, engine = b1{{.*}}>

// WAYS: error: expects option 'ways' to be from 1 to 1048576, but got -1
