// What a selection is given and needs first is on its way before it waits for the scan in front of it: the length, and attention's query, whose
// two heads share a list, so that it travels to shared memory. What the scan makes is read behind the wait: bins and distances. Before
// `pdl_prefetch` queries may still be written by what is in front of the function, and set out right behind the wait; lengths may not.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse --mlir-print-local-scope | FileCheck %s
// RUN: adamas-opt %s --convert-adamas-to-gpu=regime=pdl_prefetch --canonicalize --cse --mlir-print-local-scope | FileCheck %s --check-prefix=PREFETCH

// CHECK-LABEL: llvm.func @decode_kernel2(
// CHECK-DAG: %[[QUERY:.*]] = adamas_gpu.shared_memory 128 at 0
// CHECK: adamas_gpu.launch_dependents
// CHECK-NOT: {{llvm.load|adamas_gpu.wait_grid}}
// Two rows of 64 bytes, 16 at a time.
// CHECK: scf.for %[[CHUNK:.*]] = %{{.*}} to %c8_i32 step %c128_i32
// CHECK: %[[BYTE:.*]] = arith.muli %[[CHUNK]], %c16_i32
// CHECK-NEXT: %[[TO:.*]] = llvm.getelementptr %[[QUERY]][%[[BYTE]]]
// CHECK-NEXT: nvvm.cp.async.shared.global %[[TO]], %{{.*}}, 16, cache = cg :
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.cp.async.commit.group
// CHECK: %[[LENGTH:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NOT: llvm.load
// CHECK: adamas_gpu.wait_grid
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: arith.minsi %[[LENGTH]],
// CHECK-COUNT-4: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
// CHECK-NOT: nvvm.cp.async
// Every thread waits for its own chunks, and the barrier shows them to all.
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: nvvm.barrier
// CHECK-NOT: nvvm.barrier
// CHECK: llvm.getelementptr %[[QUERY]]
// CHECK-NEXT: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<8xf16>
// CHECK: llvm.getelementptr %[[QUERY]]
// CHECK-NEXT: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<8xf16>
// CHECK-NOT: {{adamas_gpu.wait_grid|nvvm.cp.async}}
// CHECK: llvm.return

// PREFETCH-LABEL: llvm.func @decode_kernel2(
// PREFETCH: adamas_gpu.launch_dependents
// PREFETCH-NOT: {{llvm.load|adamas_gpu.wait_grid}}
// PREFETCH: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// PREFETCH-NEXT: adamas_gpu.wait_grid
// PREFETCH-NOT: llvm.load
// PREFETCH: nvvm.cp.async.shared.global
// PREFETCH: nvvm.cp.async.commit.group
// PREFETCH: nvvm.cp.async.wait.group 0
// PREFETCH: llvm.return
func.func @decode(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>, %x: tensor<?x4x32xf16>, %k: tensor<?x2x?x32xf16>) -> tensor<?x4x32xf16> {
  %s:2 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 33 in global : tensor<?x2x?xi32>
    adamas.yield %d, %h : tensor<?x2x?xi32>, tensor<?x2x1x33xi32>
  } : tensor<?x2x?xi32>, tensor<?x2x1x33xi32>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %t, %r = adamas.threshold %s#1 need 7 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %s#0, %t, %r seq_lens(%n : tensor<?xi32>) budget 8 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    %o, %lse = adamas.partial_attention %x, %k, %k indices(%i, %m : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) in shared : tensor<?x4x32xf16>, tensor<?x2x?x32xf16>
    %y, %z = adamas.merge_attention %o, %lse to f16 in global : tensor<?x4x1x32xf32>, tensor<?x4x1xf32>
    adamas.yield %y : tensor<?x4x32xf16>
  } : tensor<?x4x32xf16>
  return %0 : tensor<?x4x32xf16>
}
