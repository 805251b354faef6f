// An append in a step's kernel: every CTA writes the rows of its KV head. Codes are on their way before; behind the rows' barrier
// those at the address of a new token are loaded again, by loads that see what was written. One launch is left.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-to-nvvm-pipeline="chip=sm_90 ways=4 fusion=step threads=128" | FileCheck %s --implicit-check-not=adamas_gpu.launch
// RUN: adamas-opt %s --adamas-to-nvvm-pipeline="chip=sm_90 ways=4 fusion=step threads=128" | FileCheck %s --check-prefix=CACHE

// CHECK-LABEL: llvm.func @step_kernel0(
// CHECK: nvvm.griddepcontrol{{.*}}wait
// CHECK: ld.global.L1::no_allocate.L2::128B
// CHECK: llvm.store {{.*}} : vector<8xf16>, !llvm.ptr<1>
// CHECK: nvvm.barrier
// CHECK: %[[ADDRESS:.*]] = llvm.ptrtoint
// CHECK: llvm.icmp "eq" %{{.*}}, %[[ADDRESS]]
// CHECK: ld.global.L1::no_allocate.L2::128B
// CHECK: adamas_gpu.launch @kernels::@step_kernel0

// No load of codes takes the path that does not see stores of the kernel.
// CACHE-NOT: ld.global.nc
func.func @step(%query: tensor<?x6x64xf16>, %k: tensor<?x3x64xf16>, %v: tensor<?x3x64xf16>, %s: tensor<?xi32>, %key: tensor<?x3x?x64xf16>, %value: tensor<?x3x?x64xf16>, %codes: tensor<?x3x?x!adamas.codes<64, 2>>, %n: tensor<?xi32>, %t: tensor<3x3xf32>) -> (tensor<?x6x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>) {
  %p:3 = adamas.append %k, %v at %s into %key, %value, %codes thresholds(%t : tensor<3x3xf32>) : tensor<?x3x64xf16>, tensor<?xi32>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
  %y = adamas.hadamard %query : tensor<?x6x64xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<3x3xf32>) : tensor<?x6x64xf32>
  %d = adamas.l1_distance %q, %p#2 seq_lens(%n : tensor<?xi32>) : tensor<?x6x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 32 : tensor<?x6x?xi32>
  %o = adamas.sparse_attention %query, %p#0, %p#1, %i, %m : tensor<?x6x64xf16>, tensor<?x3x?x64xf16>, tensor<?x6x32xi32>, tensor<?x6xi32>
  return %o, %p#0, %p#1, %p#2 : tensor<?x6x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x64xf16>, tensor<?x3x?x!adamas.codes<64, 2>>
}
