// One module: fused it is one launch whose values stay in scratch memory; split, five, which pass them through buffers of the host.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-kernels-pipeline --convert-adamas-to-vector --canonicalize --cse | FileCheck %s --check-prefix=FUSED
// RUN: adamas-opt %s --adamas-kernels-pipeline="ways=3" --convert-adamas-to-vector --canonicalize --cse | FileCheck %s --check-prefix=SPLIT

// FUSED-LABEL: func.func @select(
// FUSED-SAME: %[[Q:[a-z0-9]+]]: memref<?x2x32xf32, {{.*}}, %[[OUT:[a-z0-9]+]]: memref<?x2x32xf32, strided<[?, ?, 1], offset: ?>>)
// FUSED-NOT: memref.alloc
// FUSED: %[[B:.*]] = memref.dim %[[Q]], %c0
// FUSED: adamas.launch @select_kernel0 grid(%[[B]], %c2, %c1) args({{.*}}%[[OUT]] :
// FUSED-NOT: adamas.launch
// FUSED: return
// FUSED-LABEL: func.func private @select_kernel0(
// FUSED: memref.alloc({{.*}} : memref<1x?xi16>
// FUSED: memref.alloc() {{.*}} : memref<1x33xi32>
// FUSED: memref.dealloc

// SPLIT-LABEL: func.func @select(
// SPLIT-SAME: %[[Q:[a-z0-9]+]]: memref<?x2x32xf32, {{.*}}, %[[OUT:[a-z0-9]+]]: memref<?x2x32xf32, strided<[?, ?, 1], offset: ?>>)
// SPLIT: %[[PARTS:.*]] = memref.alloca() : memref<4xi32>
// SPLIT: %[[B:.*]] = memref.dim %[[Q]], %c0
// SPLIT: %[[CODES:.*]] = memref.alloc(%[[B]]) {{.*}} : memref<?x2x1x1xi32>
// SPLIT: adamas.launch @select_kernel0 grid(%[[B]], %c2, %c1) args(%[[Q]], %[[CODES]] :
// SPLIT: %[[D:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x2x?xi16>
// SPLIT: %[[H:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x2x3x33xi32>
// SPLIT: adamas.launch @select_kernel1 grid(%{{.*}}, %c2, %c3) args(%[[CODES]], {{.*}}, %[[PARTS]], %[[D]], %[[H]] :
// SPLIT: %[[T:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x2xi32>
// SPLIT: %[[SKIP:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x2x3xi32>
// SPLIT: adamas.launch @select_kernel2 grid(%{{.*}}, %c2, %c1) args(%[[H]], %[[T]], %[[SKIP]] :
// SPLIT: %[[O:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x2x3x32xf32>
// SPLIT: %[[LSE:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x2x3xf32>
// SPLIT: adamas.launch @select_kernel3 grid(%{{.*}}, %c2, %c3) args(%[[D]], %[[T]], %[[SKIP]], {{.*}}, %[[O]], %[[LSE]] :
// SPLIT: adamas.launch @select_kernel4 grid(%{{.*}}, %c2, %c1) args(%[[O]], %[[LSE]], %[[OUT]] :
// SPLIT-NOT: adamas.launch
// SPLIT-COUNT-7: memref.dealloc
// SPLIT-NEXT: return

// What lies in memory of the work item in one is an argument in the other.
// SPLIT-LABEL: func.func private @select_kernel1(
// SPLIT-SAME: %[[D:[a-z0-9]+]]: memref<?x2x?xi16>, %[[H:[a-z0-9]+]]: memref<?x2x3x33xi32>)
// SPLIT-NOT: memref<1x?xi16>
// SPLIT: vector.store %{{.*}}, %[[D]]
// SPLIT: memref.store %{{.*}}, %[[H]]
func.func @select(%x: tensor<?x2x32xf32>, %k: tensor<?x2x?x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x32xf32> {
  %q = adamas.bucketize_pack %x fixed [0.0] : tensor<?x2x32xf32>
  %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 8 : tensor<?x2x?xi32>
  %o = adamas.sparse_attention %x, %k, %k, %i, %m : tensor<?x2x32xf32>, tensor<?x2x?x32xf32>, tensor<?x2x8xi32>, tensor<?x2xi32>
  return %o : tensor<?x2x32xf32>
}
