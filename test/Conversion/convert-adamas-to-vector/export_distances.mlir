// Distances that the function returns leave their storage as i32, with -1 beyond the visible tokens and for padded slots.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @narrow(
// CHECK-SAME: %[[OUT:[a-z0-9]+]]: memref<?x2x?xi32, strided<[?, ?, 1], offset: ?>>)
// CHECK: %[[STORED:.*]] = memref.alloc(%{{.*}}, %{{.*}}) {alignment = 64 : i64} : memref<?x2x?xi16>
// CHECK: adamas.launch @narrow_kernel0 {{.*}} args({{.*}}, %[[STORED]], %[[OUT]] :
// CHECK: memref.dealloc %[[STORED]]

// CHECK-LABEL: func.func private @narrow_kernel0(
// CHECK-SAME: %[[STORED:[a-z0-9]+]]: memref<?x2x?xi16>, %[[OUT:[a-z0-9]+]]: memref<?x2x?xi32,
// CHECK-DAG: %[[PADDED:.*]] = arith.constant 65535 : i32
// CHECK-DAG: %[[NONE:.*]] = arith.constant -1 : i32
// CHECK: vector.store %{{.*}}, %[[STORED]]
// CHECK: %[[LENGTH:.*]] = memref.dim %[[OUT]], %c2
// CHECK: %[[VISIBLE:.*]] = arith.minsi %[[LENGTH]],
// CHECK: scf.for %[[TOKEN:.*]] = %c0 to %[[VISIBLE]] step %c1 {
// CHECK: %[[NARROW:.*]] = memref.load %[[STORED]][%{{.*}}, %{{.*}}, %[[TOKEN]]]
// CHECK: %[[WIDE:.*]] = arith.extui %[[NARROW]]
// CHECK: %[[IS_PADDED:.*]] = arith.cmpi eq, %[[WIDE]], %[[PADDED]]
// CHECK: %[[VALUE:.*]] = arith.select %[[IS_PADDED]], %[[NONE]], %[[WIDE]]
// CHECK: memref.store %[[VALUE]], %[[OUT]][%{{.*}}, %{{.*}}, %[[TOKEN]]]
// CHECK: scf.for %[[BEYOND:.*]] = %[[VISIBLE]] to %[[LENGTH]] step %c1 {
// CHECK: memref.store %[[NONE]], %[[OUT]][%{{.*}}, %{{.*}}, %[[BEYOND]]]
func.func @narrow(%q: tensor<?x2x!adamas.codes<32, 2>>, %c: tensor<?x2x?x!adamas.codes<32, 2>>, %n: tensor<?xi32>) -> tensor<?x2x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in global : tensor<?x2x!adamas.codes<32, 2>>, tensor<?x2x?x!adamas.codes<32, 2>>
    adamas.yield %d : tensor<?x2x?xi32>
  } : tensor<?x2x?xi32>
  return %0 : tensor<?x2x?xi32>
}

// A bound of 65535 and more does not leave 65535 free for padding: 15 * 1024 * 6 needs 32 bits.
// CHECK-LABEL: func.func private @wide_kernel0(
// CHECK-SAME: memref<?x1x?xi32>, %{{[a-z0-9]+}}: memref<?x1x?xi32, strided
// CHECK-NOT: arith.trunci
// CHECK-NOT: arith.extui
func.func @wide(%q: tensor<?x6x!adamas.codes<1024, 4>>, %c: tensor<?x1x?x!adamas.codes<1024, 4>>, %n: tensor<?xi32>) -> tensor<?x1x?xi32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) policy per_kv_head in global : tensor<?x6x!adamas.codes<1024, 4>>, tensor<?x1x?x!adamas.codes<1024, 4>>
    adamas.yield %d : tensor<?x1x?xi32>
  } : tensor<?x1x?xi32>
  return %0 : tensor<?x1x?xi32>
}
