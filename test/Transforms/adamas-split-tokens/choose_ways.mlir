// Parts that suit a chip, the rows and the length: function by function, and none where it does not help.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=0 chip=sm_90 table=none" | FileCheck %s --check-prefixes=CHECK,ONE
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=0 chip=sm_90 batch=8 table=none" | FileCheck %s --check-prefixes=CHECK,EIGHT
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=0 chip=sm_90 sequence-length=1023 table=none" | FileCheck %s --check-prefix=SHORT --implicit-check-not=adamas.partition
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=0 chip=sm_90 fusion=stages table=none" | FileCheck %s --check-prefixes=CHECK,STAGES
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=4 chip=sm_90 fusion=step table=none" | FileCheck %s --check-prefix=WIDE
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=0 chip=sm_80" | FileCheck %s --check-prefixes=CHECK,AMPERE
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=0 chip=sm_90 explain table=none" -o /dev/null 2>&1 | FileCheck %s --check-prefix=EXPLAIN --implicit-check-not=remark
// RUN: adamas-opt %s --adamas-open-topk --adamas-open-attention --adamas-split-tokens="ways=0 chip=sm_90 table=none" -o /dev/null 2>&1 | FileCheck %s --check-prefix=QUIET --allow-empty

// CHECK-LABEL: func.func @decode(
// ONE: adamas.partition %{{.*}} ways 6 :
// EIGHT-NOT: adamas.partition
// STAGES: adamas.partition %{{.*}} ways 4 :
// AMPERE: adamas.partition %{{.*}} ways 3 :
// SHORT-LABEL: func.func @decode(
// EXPLAIN: remark: divides tokens in 6: step of 6 parts {{[0-9.]+}} us, stages of 4 parts {{[0-9.]+}} us, selection of 4 parts {{[0-9.]+}} us; estimated for sm_90, batch 1, 32768 tokens; faster than dense attention from {{[0-9]+}} tokens on (estimated)
// QUIET-NOT: remark
func.func @decode(%q: tensor<?x32x!adamas.codes<128, 2>>, %query: tensor<?x32x128xf16>, %key: tensor<?x32x?x128xf16>, %codes: tensor<?x32x?x!adamas.codes<128, 2>>, %n: tensor<?xi32>) -> tensor<?x32x128xf16> {
  %d = adamas.l1_distance %q, %codes seq_lens(%n : tensor<?xi32>) : tensor<?x32x!adamas.codes<128, 2>>, tensor<?x32x?x!adamas.codes<128, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 : tensor<?x32x?xi32>
  %o = adamas.sparse_attention %query, %key, %key, %i, %m : tensor<?x32x128xf16>, tensor<?x32x?x128xf16>, tensor<?x32x128xi32>, tensor<?x32xi32>
  return %o : tensor<?x32x128xf16>
}

// A stream of keys and values wants several CTAs a multiprocessor.
// CHECK-LABEL: func.func @dense(
// ONE: adamas.partition %{{.*}} ways 17 :
// EIGHT: adamas.partition %{{.*}} ways 3 :
// EXPLAIN: remark: divides tokens in 17: stages of 17 parts {{[0-9.]+}} us; estimated for sm_90, batch 1, 32768 tokens{{$}}
func.func @dense(%query: tensor<?x32x128xf16>, %key: tensor<?x32x?x128xf16>, %n: tensor<?xi32>) -> tensor<?x32x128xf16> {
  %o = adamas.dense_attention %query, %key, %key, %n : tensor<?x32x128xf16>, tensor<?x32x?x128xf16>, tensor<?xi32>
  return %o : tensor<?x32x128xf16>
}

// A second selection follows in the same kernel where lists are whole, or where parts exchange theirs and candidates are divided too.
// CHECK-LABEL: func.func @two_passes(
// ONE: %[[P:.*]] = adamas.partition %{{.*}} ways 4 :
// ONE: adamas.histogram {{.*}} parts(%[[P]] : tensor<5xi32>) candidates(
// ONE: adamas.compact {{.*}} parts(%[[P]] : tensor<5xi32>) candidates(
// EIGHT-NOT: adamas.partition
// STAGES-NOT: adamas.partition
// AMPERE-NOT: adamas.partition
// EXPLAIN: remark: divides tokens in 4: step of 4 parts {{[0-9.]+}} us, stages of 1 part {{[0-9.]+}} us; estimated for sm_90
func.func @two_passes(%y: tensor<?x32x128xf32>, %codes: tensor<?x8x?x!adamas.codes<128, 4>>, %n: tensor<?xi32>) -> tensor<?x32x128xi32> {
  %w = adamas.weigh %y range 256 : tensor<?x32x128xf32>
  %d = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x32x128xi8>, tensor<?x8x?x!adamas.codes<128, 4>>
  %c, %l = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 1024 : tensor<?x32x?xi32>
  %e = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x32x1024xi32>) : tensor<?x32x128xi8>, tensor<?x8x?x!adamas.codes<128, 4>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x32x1024xi32>) budget 128 : tensor<?x32x1024xi32>
  return %i : tensor<?x32x128xi32>
}

// Bins that would fill a CTA's shared memory leave the list of candidates whole; joining it first costs more than parts gain, unless
// they are asked for.
// CHECK-LABEL: func.func @two_passes_of_wide_bins(
// ONE-NOT: adamas.partition
// WIDE-LABEL: func.func @two_passes_of_wide_bins(
// WIDE: adamas.histogram {{.*}} parts(%{{.*}} : tensor<5xi32>) bins 16385
// WIDE: adamas.histogram {{.*}} seq_lens(%{{.*}} : tensor<?xi32>) candidates({{.*}}) bins 245761
// WIDE: adamas.compact {{.*}} seq_lens(%{{.*}} : tensor<?xi32>) candidates(
// EXPLAIN: remark: divides tokens in 1: stages of 1 part
func.func @two_passes_of_wide_bins(%w: tensor<?x32x128xi8>, %codes: tensor<?x8x?x!adamas.codes<128, 4>>, %n: tensor<?xi32>) -> tensor<?x32x128xi32> {
  %d = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) planes 1 : tensor<?x32x128xi8>, tensor<?x8x?x!adamas.codes<128, 4>>
  %c, %l = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 1024 : tensor<?x32x?xi32>
  %e = adamas.weighted_distance %w, %codes seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x32x1024xi32>) : tensor<?x32x128xi8>, tensor<?x8x?x!adamas.codes<128, 4>>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x32x1024xi32>) budget 128 : tensor<?x32x1024xi32>
  return %i : tensor<?x32x128xi32>
}

// CHECK-LABEL: func.func @no_choice_for_queries(
func.func @no_choice_for_queries(%x: tensor<?x32x128xf16>) -> tensor<?x32x128xf32> {
  %y = adamas.hadamard %x : tensor<?x32x128xf16>
  return %y : tensor<?x32x128xf32>
}
