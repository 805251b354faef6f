// A CTA of a cluster neither touches the memory of another before that one runs, nor ends while others may still read its own.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --convert-adamas-to-gpu --canonicalize --cse | FileCheck %s

// Nothing follows the bins that would make the CTAs wait for each other.
// CHECK-LABEL: llvm.func @list_kernel0(
// CHECK: nvvm.cluster.arrive {aligned}
// CHECK-NEXT: nvvm.cluster.wait {aligned}
// CHECK-COUNT-2: nvvm.mapa
// CHECK-COUNT-2: llvm.load %{{.*}} : !llvm.ptr<7> -> i32
// CHECK: nvvm.cluster.arrive
// CHECK: nvvm.cluster.wait {aligned}
// CHECK: llvm.return
func.func @list(%q: tensor<?x2x!adamas.codes<32, 1>>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x2x8xi32> {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) bins 33 in cluster : tensor<?x2x?xi32>
    %t, %r = adamas.threshold %h need 7 in shared : tensor<?x2x2x33xi32>
    %i, %m = adamas.compact %d, %t, %r seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) budget 8 in global : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    adamas.yield %i : tensor<?x2x2x8xi32>
  } : tensor<?x2x2x8xi32>
  return %0 : tensor<?x2x2x8xi32>
}

// A need of 0 asks for no bins, but outputs go to the first CTA all the same.
// CHECK-LABEL: llvm.func @forced_kernel0(
// CHECK: nvvm.cluster.arrive
// CHECK: nvvm.cluster.wait {aligned}
// CHECK: nvvm.mapa
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<7>
// CHECK: nvvm.cluster.arrive {aligned}
// CHECK-NEXT: nvvm.cluster.wait {aligned}
// CHECK: llvm.return
// CHECK-LABEL: adamas_gpu.program @list
func.func @forced(%q: tensor<?x2x!adamas.codes<32, 1>>, %x: tensor<?x2x32xf32>, %k: tensor<?x2x?x32xf32>, %c: tensor<?x2x?x!adamas.codes<32, 1>>, %n: tensor<?xi32>) -> tensor<?x2x32xf32> {
  %p = adamas.partition %c ways 2 : tensor<?x2x?x!adamas.codes<32, 1>>
  %0 = adamas.kernel part #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2> {
    %d = adamas.l1_distance %q, %c seq_lens(%n : tensor<?xi32>) in cluster : tensor<?x2x!adamas.codes<32, 1>>, tensor<?x2x?x!adamas.codes<32, 1>>
    %h = adamas.histogram %d seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) bins 33 sink 2 in cluster : tensor<?x2x?xi32>
    %t, %r = adamas.threshold %h need 0 in shared : tensor<?x2x2x33xi32>
    %i, %m = adamas.compact %d, %t, %r seq_lens(%n : tensor<?xi32>) parts(%p : tensor<3xi32>) budget 3 sink 2 in shared : tensor<?x2x?xi32>, tensor<?x2xi32>, tensor<?x2x2xi32>
    %o, %lse = adamas.partial_attention %x, %k, %k indices(%i, %m : tensor<?x2x2x3xi32>, tensor<?x2x2xi32>) in cluster : tensor<?x2x32xf32>, tensor<?x2x?x32xf32>
    %y, %z = adamas.merge_attention %o, %lse to f32 in global : tensor<?x2x2x32xf32>, tensor<?x2x2xf32>
    adamas.yield %y : tensor<?x2x32xf32>
  } : tensor<?x2x32xf32>
  return %0 : tensor<?x2x32xf32>
}
