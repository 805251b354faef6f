// A whole step, the parts of a row as CTAs of a cluster. Each makes the query's row for itself, measures its part into global memory,
// which it alone reads, and counts in bins of its own, which it sends to all. Outputs go to the first CTA, which merges.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: llvm.func @step_kernel0(
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x
// CHECK-DAG: %[[BINS:.*]] = adamas_gpu.shared_memory 132 at 0
// CHECK-DAG: %[[QUERY:.*]] = adamas_gpu.shared_memory 4 at 144
// CHECK-DAG: %[[CAME:.*]] = adamas_gpu.shared_memory 576 at 176
// CHECK-DAG: %[[OUTPUTS:.*]] = adamas_gpu.shared_memory 512 at 2544
// CHECK: %[[CTA:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK-NOT: nvvm.read.ptx.sreg.ctaid
// CHECK-NEXT: %[[PART:.*]] = arith.remui %[[CTA]], %c4_i32
// CHECK-NEXT: %[[ROW:.*]] = arith.divui %[[CTA]], %c4_i32
// What is given and needed first is on its way before anything waits: the query's row, its threshold, and the length.
// CHECK: %[[LOW_HALF:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK: %[[HIGH_HALF:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xf32>
// CHECK-NEXT: %[[CUT:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK-NEXT: llvm.getelementptr
// CHECK-NEXT: %[[LENGTH:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NOT: llvm.load
// Barriers: for bins, 144 bytes from each of four, and for outputs, 33 numbers from each.
// CHECK: scf.if
// CHECK-NEXT: adamas_gpu.barrier_init %[[BINS_CAME:.*]] bytes 576
// CHECK: adamas_gpu.barrier_init %[[OUTPUTS_CAME:.*]] bytes 528
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.cluster.arrive.relaxed {aligned}
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK: arith.muli %[[PART]],
// CHECK-NEXT: %[[BEGIN:.*]] = arith.minsi
// CHECK: %[[END:.*]] = arith.minsi
// CHECK: %[[BUSY:.*]] = arith.cmpi slt, %[[BEGIN]], %[[END]]
// Codes are on their way while the query's row is made, and the bins are cleared.
// CHECK: scf.if %[[BUSY]] ->
// CHECK: adamas_gpu.load stream
// CHECK: scf.for %{{.*}} = %[[THREAD]] to %c33_i32
// CHECK-NEXT: llvm.getelementptr %[[BINS]]
// CHECK-NEXT: llvm.store %c0_i32,
// CHECK: llvm.extractelement %[[LOW_HALF]][
// CHECK: llvm.extractelement %[[HIGH_HALF]][
// CHECK: arith.cmpf ogt, %{{.*}}, %[[CUT]]
// CHECK-NOT: llvm.load
// CHECK: llvm.getelementptr %[[QUERY]]
// CHECK: llvm.store %{{.*}} : i8, !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK: scf.if %[[BUSY]] {
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK: adamas_gpu.store keep %{{.*}} : i16, !llvm.ptr<1>
// CHECK: adamas_gpu.reduce_add %c1_i32, %{{.*}} : !llvm.ptr<3>
// CHECK: nvvm.barrier
// CHECK-NOT: nvvm.{{cluster|mapa}}
// Distances are on their way while the bins of all parts come to every part.
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK: %[[FROM:.*]] = arith.muli %[[PART]], %c144_i32
// CHECK-NEXT: %[[TO:.*]] = llvm.getelementptr %[[CAME]][%[[FROM]]]
// CHECK-NEXT: nvvm.cluster.wait {aligned}
// CHECK-NEXT: scf.for %[[FOURTH:.*]] = %[[THREAD]] to %c9_i32 step %c128_i32
// CHECK-NEXT: %[[HERE:.*]] = llvm.getelementptr %[[BINS]][%[[FOURTH]]]
// CHECK-NEXT: %[[FOUR:.*]] = llvm.load %[[HERE]] {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK-NEXT: %[[THERE:.*]] = llvm.getelementptr %[[TO]][%[[FOURTH]]]
// CHECK-NEXT: %[[DATA0:.*]] = nvvm.mapa %[[THERE]], %c0_i32 : !llvm.ptr<3> -> !llvm.ptr<7>
// CHECK-NEXT: %[[NOTE0:.*]] = nvvm.mapa %[[BINS_CAME]], %c0_i32 :
// CHECK-NEXT: adamas_gpu.store_async %[[FOUR]], %[[DATA0]], %[[NOTE0]] : vector<4xi32>,
// CHECK-NEXT: %[[DATA1:.*]] = nvvm.mapa %[[THERE]], %c1_i32 :
// CHECK-NEXT: %[[NOTE1:.*]] = nvvm.mapa %[[BINS_CAME]], %c1_i32 :
// CHECK-NEXT: adamas_gpu.store_async %[[FOUR]], %[[DATA1]], %[[NOTE1]] :
// CHECK-NEXT: %[[DATA2:.*]] = nvvm.mapa %[[THERE]], %c2_i32 :
// CHECK-NEXT: %[[NOTE2:.*]] = nvvm.mapa %[[BINS_CAME]], %c2_i32 :
// CHECK-NEXT: adamas_gpu.store_async %[[FOUR]], %[[DATA2]], %[[NOTE2]] :
// CHECK-NEXT: %[[DATA3:.*]] = nvvm.mapa %[[THERE]], %c3_i32 :
// CHECK-NEXT: %[[NOTE3:.*]] = nvvm.mapa %[[BINS_CAME]], %c3_i32 :
// CHECK-NEXT: adamas_gpu.store_async %[[FOUR]], %[[DATA3]], %[[NOTE3]] :
// CHECK-NEXT: }
// CHECK-NEXT: %[[LOOKS:.*]] = arith.cmpi eq, %{{.*}}, %c0_i32
// CHECK-NEXT: scf.if %[[LOOKS]] {
// CHECK-NEXT: adamas_gpu.barrier_wait %[[BINS_CAME]]
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// CHECK-NEXT: llvm.getelementptr %[[CAME]][144]
// CHECK-NEXT: llvm.getelementptr %[[CAME]][288]
// CHECK-NEXT: llvm.getelementptr %[[CAME]][432]
// CHECK-COUNT-4: llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK-NEXT: %[[IS_BIN:.*]] = arith.cmpi slt, %{{.*}}, %c33_i32
// CHECK-COUNT-3: arith.addi
// CHECK-NEXT: %[[COUNT:.*]] = arith.select %[[IS_BIN]],
// CHECK-NEXT: nvvm.shfl.sync
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK: %[[PLACE:.*]] = arith.muli %[[PART]], %c32_i32
// CHECK-NEXT: %[[MINE:.*]] = llvm.getelementptr %[[OUTPUTS]][%[[PLACE]]]
// CHECK-NEXT: %[[LSE:.*]] = llvm.getelementptr %{{.*}}[%[[PART]]]
// CHECK: %[[NUMBER:.*]] = llvm.getelementptr %[[MINE]]
// CHECK-NEXT: %[[OUTPUT:.*]] = nvvm.mapa %[[NUMBER]], %c0_i32 : !llvm.ptr<3> -> !llvm.ptr<7>
// CHECK-NEXT: %[[NOTE:.*]] = nvvm.mapa %[[OUTPUTS_CAME]], %c0_i32 :
// CHECK-NEXT: adamas_gpu.store_async %{{.*}}, %[[OUTPUT]], %[[NOTE]] : f32,
// CHECK: %[[SUM:.*]] = llvm.getelementptr %[[LSE]]
// CHECK-NEXT: %[[SUM_TO:.*]] = nvvm.mapa %[[SUM]], %c0_i32
// CHECK-NEXT: %[[NOTE_TOO:.*]] = nvvm.mapa %[[OUTPUTS_CAME]], %c0_i32 :
// CHECK-NEXT: adamas_gpu.store_async %{{.*}}, %[[SUM_TO]], %[[NOTE_TOO]] : f32,
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[PART]], %c0_i32
// CHECK-NEXT: scf.if %[[FIRST]] {
// CHECK-NEXT: scf.if %[[LOOKS]] {
// CHECK-NEXT: adamas_gpu.barrier_wait %[[OUTPUTS_CAME]]
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.barrier
// CHECK: scf.if %[[FIRST]] {
// CHECK: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK: llvm.getelementptr %[[OUTPUTS]]
// CHECK: llvm.store %{{.*}} : vector<4xf32>, !llvm.ptr<1>
// CHECK-NOT: nvvm.{{cluster|mapa}}
// CHECK: llvm.return
// CHECK: adamas_gpu.program @step
// CHECK: adamas_gpu.value "buffer0" workspace i16 [-1, 2, -1]
// CHECK: adamas_gpu.launch @kernels::@step_kernel0 grid affine_map<()[s0] -> (s0 * 8, 1, 1)> {{.*}} threads 128 {{.*}} cluster 4
// CHECK-NOT: adamas_gpu.launch
func.func @step(%x: tensor<?x2x32xf32>, %k: tensor<?x2x?x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>, %s: tensor<1xf32>) -> tensor<?x2x32xf32> {
  %p = adamas.partition %c ways 4 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 4> {
    %q = adamas.bucketize_pack %x thresholds(%s : tensor<1xf32>) in shared : tensor<?x2x32xf32>
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<5xi32>) bins 33 in cluster : tensor<?x2x?xi32>
    %t, %r = adamas.threshold %h need 7 in shared : tensor<?x2x4x33xi32>
    %i, %m = adamas.compact %d, %t, %r seq_lens(%n : tensor<?xi32>) parts(%p : tensor<5xi32>) budget 8 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x4xi32>
    %o, %lse = adamas.partial_attention %x, %k, %k indices(%i, %m : tensor<?x2x4x8xi32>, tensor<?x2x4xi32>) in cluster : tensor<?x2x32xf32>, tensor<?x2x?x32xf32>
    %y, %z = adamas.merge_attention %o, %lse to f32 in global : tensor<?x2x4x32xf32>, tensor<?x2x4xf32>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  return %0 : tensor<?x2x32xf32>
}
