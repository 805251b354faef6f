// No CTA writes into another one that may not run yet: every CTA makes its barriers and says at the start that it runs, and waits for the
// others before it sends first. Where the first selection needs no threshold (all is forced), that is with its outputs. This is done once:
// the bins and outputs of the second selection only have barriers of their own.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-to-nvvm-pipeline="ways=4 fusion=step" | FileCheck %s

// CHECK: llvm.func @f_kernel0(
// CHECK: "mbarrier.init{{.*}} %[[OUTPUTS1:.*]] : (!llvm.ptr<3>)
// CHECK: "mbarrier.init{{.*}} %[[BINS:.*]] : (!llvm.ptr<3>)
// CHECK: "mbarrier.init{{.*}} %[[OUTPUTS2:.*]] : (!llvm.ptr<3>)
// CHECK-NOT: mbarrier.init
// CHECK: nvvm.cluster.arrive.relaxed {aligned}
// CHECK-NOT: {{nvvm.cluster|nvvm.mapa|mbarrier}}
// CHECK: nvvm.cluster.wait {aligned}
// CHECK-NOT: {{nvvm.cluster|mbarrier.try_wait}}
// CHECK: %[[TO1:.*]] = nvvm.mapa %[[OUTPUTS1]],
// CHECK-NEXT: "st.async{{.*}}.f32 {{.*}}, %[[TO1]] : (!llvm.ptr<7>, f32, !llvm.ptr<7>)
// CHECK: mbarrier.try_wait{{.*}} %[[OUTPUTS1]] : (!llvm.ptr<3>)
// CHECK-NOT: nvvm.cluster
// CHECK: nvvm.mapa %[[BINS]],
// CHECK: "st.async{{.*}}.v4.b32
// CHECK: mbarrier.try_wait{{.*}} %[[BINS]] : (!llvm.ptr<3>)
// CHECK-NOT: nvvm.cluster
// CHECK: %[[TO2:.*]] = nvvm.mapa %[[OUTPUTS2]],
// CHECK-NEXT: "st.async{{.*}}.f32 {{.*}}, %[[TO2]] : (!llvm.ptr<7>, f32, !llvm.ptr<7>)
// CHECK: mbarrier.try_wait{{.*}} %[[OUTPUTS2]] : (!llvm.ptr<3>)
// CHECK-NOT: nvvm.cluster
// CHECK: llvm.return
func.func @f(%query: tensor<?x32x128xf16>, %key: tensor<?x32x?x128xf16>, %value: tensor<?x32x?x128xf16>, %codes: tensor<?x32x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>, %t: tensor<3xf32>) -> (tensor<?x32x128xf16>, tensor<?x32x128xf16>) {
  %y = adamas.hadamard %query : tensor<?x32x128xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) : tensor<?x32x128xf32>
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x32x!adamas.codes<128, 2>>, tensor<?x32x?x!adamas.codes<128, 2>>
  %i1, %m1 = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 recent 128 : tensor<?x32x?xi32>
  %o1 = adamas.sparse_attention %query, %key, %value, %i1, %m1 : tensor<?x32x128xf16>, tensor<?x32x?x128xf16>, tensor<?x32x128xi32>, tensor<?x32xi32>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x32x?xi32>
  %o = adamas.sparse_attention %query, %key, %value, %i, %m : tensor<?x32x128xf16>, tensor<?x32x?x128xf16>, tensor<?x32x128xi32>, tensor<?x32xi32>
  return %o, %o1 : tensor<?x32x128xf16>, tensor<?x32x128xf16>
}
