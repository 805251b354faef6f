// A list of the caller becomes the list of one part: it is copied into memory of the work item.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-vector --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @one_part_kernel0(
// CHECK-SAME: %[[I:[a-z0-9]+]]: memref<?x2x8xi32, {{.*}}, %[[M:[a-z0-9]+]]: memref<?x2xi32,
// CHECK: %[[LIST:.*]] = memref.alloc() {{.*}} : memref<1x8xi32>
// CHECK: scf.for %[[SLOT:.*]] = %c0 to %c8 step %c1 {
// CHECK: %[[POSITION:.*]] = memref.load %[[I]][%{{.*}}, %{{.*}}, %[[SLOT]]]
// CHECK: memref.store %[[POSITION]], %[[LIST]][%c0, %[[SLOT]]]
// CHECK: %[[LENGTH:.*]] = memref.alloc() {{.*}} : memref<1xi32>
// CHECK: %[[L:.*]] = memref.load %[[M]]
// CHECK: memref.store %[[L]], %[[LENGTH]][%c0]
func.func @one_part(%q: tensor<?x2x32xf16>, %k: tensor<?x2x?x32xf16>, %i: tensor<?x2x8xi32>, %m: tensor<?x2xi32>) -> tensor<?x2x1xf32> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    %i1 = adamas.add_part_axis %i in shared : tensor<?x2x8xi32> -> tensor<?x2x1x8xi32>
    %m1 = adamas.add_part_axis %m in shared : tensor<?x2xi32> -> tensor<?x2x1xi32>
    %o, %lse = adamas.partial_attention %q, %k, %k indices(%i1, %m1 : tensor<?x2x1x8xi32>, tensor<?x2x1xi32>) in global : tensor<?x2x32xf16>, tensor<?x2x?x32xf16>
    adamas.yield %lse : tensor<?x2x1xf32>
  } : tensor<?x2x1xf32>
  return %0 : tensor<?x2x1xf32>
}
