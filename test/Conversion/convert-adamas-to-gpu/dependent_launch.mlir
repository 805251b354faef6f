// From sm_90 on every kernel may start before the one before it has ended. The first waits, then lets the next one start; a later one lets
// the next start at once and waits. A scan waits after its codes, which the function is given, are on their way, a selection after its
// length is, and both before they touch what a kernel before made. Earlier chips have none of it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse | FileCheck %s
// RUN: sed 's/sm = 90/sm = 80/' %s | adamas-opt --convert-adamas-to-gpu | FileCheck %s --check-prefix=SM80 --implicit-check-not=adamas_gpu.wait_grid --implicit-check-not=adamas_gpu.launch_dependents --implicit-check-not=" dependent"
// SM80-COUNT-3: adamas_gpu.launch @kernels

// CHECK-LABEL: llvm.func @decode_kernel0(
// CHECK: adamas_gpu.wait_grid
// CHECK-NEXT: adamas_gpu.launch_dependents
// CHECK: llvm.store %{{.*}} : i8, !llvm.ptr<1>
// The bins that the next kernel adds to start from 0.
// CHECK: scf.for
// CHECK: llvm.store %c0_i32, %{{.*}} : i32, !llvm.ptr<1>
// CHECK: llvm.return
// CHECK-LABEL: llvm.func @decode_kernel1(
// CHECK-NOT: adamas_gpu.wait_grid
// CHECK: adamas_gpu.launch_dependents
// CHECK-NOT: adamas_gpu.wait_grid
// CHECK: scf.if
// CHECK: adamas_gpu.load stream
// CHECK: adamas_gpu.load stream
// CHECK: }
// CHECK: adamas_gpu.wait_grid
// CHECK-NEXT: scf.if
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NOT: adamas_gpu.wait_grid
// CHECK: llvm.return
// CHECK-LABEL: llvm.func @decode_kernel2(
// CHECK-NOT: {{adamas_gpu.wait_grid|llvm.load}}
// CHECK: adamas_gpu.launch_dependents
// CHECK-NOT: {{adamas_gpu.wait_grid|llvm.load}}
// CHECK: %[[LENGTH:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: adamas_gpu.wait_grid
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: arith.minsi %[[LENGTH]],
// CHECK: llvm.load %{{.*}} : !llvm.ptr<1> -> vector<4xi32>
// CHECK-NOT: adamas_gpu.wait_grid
// CHECK: llvm.return
// CHECK-LABEL: adamas_gpu.program @decode
// CHECK-COUNT-3: adamas_gpu.launch {{.*}} dependent
func.func @decode(%y: tensor<?x2x32xf32>, %t: tensor<1xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> (tensor<?x2x8xi32>) {
  %q = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %codes = adamas.bucketize_pack %y thresholds(%t : tensor<1xf32>) in global : tensor<?x2x32xf32>
    adamas.yield %codes : tensor<?x2x!adamas.codes<32, 1>>
  } : tensor<?x2x!adamas.codes<32, 1>>
  %s:2 = adamas.kernel token #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) bins 33 in global : tensor<?x2x?xi32>
    adamas.yield %d, %h : tensor<?x2x?xi32>, tensor<?x2x1x33xi32>
  } : tensor<?x2x?xi32>, tensor<?x2x1x33xi32>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %th, %skip = adamas.threshold %s#1 need 7 in shared : tensor<?x2x1x33xi32>
    %i, %m = adamas.compact %s#0, %th, %skip seq_lens(%n : tensor<?xi32>) budget 8 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x1xi32>
    %all, %l = adamas.join %i, %m in global : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>
    adamas.yield %all : tensor<?x2x8xi32>
  } : tensor<?x2x8xi32>
  return %0 : tensor<?x2x8xi32>
}
