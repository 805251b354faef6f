// Round trip of adamas.topk: budgets, forced tokens, candidates, bounds, query tokens.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @sel_1_sink_0_and_recent_1(
func.func @sel_1_sink_0_and_recent_1(%d: tensor<?x9x?xi32>) -> (tensor<?x9x1xi32>, tensor<?x9xi32>) {
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 1 bound 192 : tensor<?x9x?xi32>
  %i, %m = adamas.topk %d budget 1 bound 192 : tensor<?x9x?xi32>
  return %i, %m : tensor<?x9x1xi32>, tensor<?x9xi32>
}

// CHECK-LABEL: func.func @sel_1_sink_and_recent(
func.func @sel_1_sink_and_recent(%d: tensor<?x9x?xi32>, %n: tensor<?xi32>) -> (tensor<?x9x128xi32>, tensor<?x9xi32>) {
  // CHECK: adamas.topk %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) budget 128 sink 4 recent 16 bound 192 : tensor<?x9x?xi32>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 128 sink 4 recent 16 bound 192 : tensor<?x9x?xi32>
  return %i, %m : tensor<?x9x128xi32>, tensor<?x9xi32>
}

// 0 and 1 are the defaults, so they are not printed.
// CHECK-LABEL: func.func @sel_1_defaults_are_not_printed(
func.func @sel_1_defaults_are_not_printed(%d: tensor<?x9x?xi32>) {
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 128 bound 192 : tensor<?x9x?xi32>
  %i, %m = adamas.topk %d budget 128 sink 0 recent 1 bound 192 : tensor<?x9x?xi32>
  return
}

// CHECK-LABEL: func.func @sel_3_forced_tokens_fill_the_budget(
func.func @sel_3_forced_tokens_fill_the_budget(%d: tensor<?x9x?xi32>) {
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 5 sink 4 bound 192 : tensor<?x9x?xi32>
  %i, %m = adamas.topk %d budget 5 sink 4 bound 192 : tensor<?x9x?xi32>
  return
}

// CHECK-LABEL: func.func @sel_3_fewer_tokens_than_the_budget(
func.func @sel_3_fewer_tokens_than_the_budget(%d: tensor<2x9x0xi32>) -> (tensor<2x9x2147483647xi32>, tensor<2x9xi32>) {
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 2147483647 bound 192 : tensor<2x9x0xi32>
  %i, %m = adamas.topk %d budget 2147483647 bound 192 : tensor<2x9x0xi32>
  return %i, %m : tensor<2x9x2147483647xi32>, tensor<2x9xi32>
}

// CHECK-LABEL: func.func @ref_2_candidates(
func.func @ref_2_candidates(%e: tensor<?x9x1024xi32>, %n: tensor<?xi32>, %c: tensor<?x9x1024xi32>) -> (tensor<?x9x128xi32>, tensor<?x9xi32>) {
  // CHECK: adamas.topk %{{[a-z0-9#]+}} seq_lens(%{{[a-z0-9#]+}} : tensor<?xi32>) candidates(%{{[a-z0-9#]+}} : tensor<?x9x1024xi32>) budget 128 sink 4 bound 960 : tensor<?x9x1024xi32>
  %i, %m = adamas.topk %e seq_lens(%n : tensor<?xi32>) candidates(%c : tensor<?x9x1024xi32>) budget 128 sink 4 bound 960 : tensor<?x9x1024xi32>
  return %i, %m : tensor<?x9x128xi32>, tensor<?x9xi32>
}

// CHECK-LABEL: func.func @sel_6_bound_is_0_or_the_largest(
func.func @sel_6_bound_is_0_or_the_largest(%d: tensor<?x9x?xi32>) {
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 2 bound 0 : tensor<?x9x?xi32>
  %0, %1 = adamas.topk %d budget 2 bound 0 : tensor<?x9x?xi32>
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 2 bound 2147483646 : tensor<?x9x?xi32>
  %2, %3 = adamas.topk %d budget 2 bound 2147483646 : tensor<?x9x?xi32>
  return
}

// CHECK-LABEL: func.func @sel_6_bound_of_the_distance_op(
func.func @sel_6_bound_of_the_distance_op(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) -> (tensor<?x9x16xi32>, tensor<?x9xi32>) {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %d = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 16 : tensor<?x9x?xi32>
  %i, %m = adamas.topk %d budget 16 : tensor<?x9x?xi32>
  return %i, %m : tensor<?x9x16xi32>, tensor<?x9xi32>
}

// Each bound is exactly its producer's, so less would be refused: m D, G m D, and with one plane m = 1 (pak-4).
// CHECK-LABEL: func.func @sel_6_bound_is_that_of_l1_distance(
func.func @sel_6_bound_is_that_of_l1_distance(%q: tensor<?x9x!adamas.codes<64, 2>>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %d = adamas.l1_distance %q, %k : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 16 bound 192 : tensor<?x9x?xi32>
  %0, %1 = adamas.topk %d budget 16 bound 192 : tensor<?x9x?xi32>
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} policy per_kv_head : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %e = adamas.l1_distance %q, %k policy per_kv_head : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 16 bound 576 : tensor<?x3x?xi32>
  %2, %3 = adamas.topk %e budget 16 bound 576 : tensor<?x3x?xi32>
  // CHECK: adamas.l1_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} planes 1 : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  %f = adamas.l1_distance %q, %k planes 1 : tensor<?x9x!adamas.codes<64, 2>>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 16 bound 64 : tensor<?x9x?xi32>
  %4, %5 = adamas.topk %f budget 16 bound 64 : tensor<?x9x?xi32>
  return
}

// wgt-3: m * min(C D, W + D / 2 + 1); where `weigh` is not seen the weights may be anything that an i8 holds.
// CHECK-LABEL: func.func @sel_6_bound_is_that_of_weighted_distance(
func.func @sel_6_bound_is_that_of_weighted_distance(%y: tensor<?x9x64xf32>, %v: tensor<?x9x64xi8>, %k: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} : tensor<?x9x64xf32>
  %w = adamas.weigh %y : tensor<?x9x64xf32>
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %d = adamas.weighted_distance %w, %k : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 16 bound 483 : tensor<?x9x?xi32>
  %0, %1 = adamas.topk %d budget 16 bound 483 : tensor<?x9x?xi32>
  // CHECK: adamas.weigh %{{[a-z0-9#]+}} cap 1 : tensor<?x9x64xf32>
  %x = adamas.weigh %y cap 1 : tensor<?x9x64xf32>
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} planes 1 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %e = adamas.weighted_distance %x, %k planes 1 : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 16 bound 64 : tensor<?x9x?xi32>
  %2, %3 = adamas.topk %e budget 16 bound 64 : tensor<?x9x?xi32>
  // CHECK: adamas.weighted_distance %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  %f = adamas.weighted_distance %v, %k : tensor<?x9x64xi8>, tensor<?x3x?x!adamas.codes<64, 2>>
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 16 bound 24576 : tensor<?x9x?xi32>
  %4, %5 = adamas.topk %f budget 16 bound 24576 : tensor<?x9x?xi32>
  return
}

// CHECK-LABEL: func.func @nq_1_query_tokens_are_1_to_8(
func.func @nq_1_query_tokens_are_1_to_8(%one: tensor<?x1x9x?xi32>, %eight: tensor<?x8x9x?xi32>) -> (tensor<?x1x9x16xi32>, tensor<?x8x9xi32>) {
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 16 bound 192 : tensor<?x1x9x?xi32>
  %0, %1 = adamas.topk %one budget 16 bound 192 : tensor<?x1x9x?xi32>
  // CHECK: adamas.topk %{{[a-z0-9#]+}} budget 16 bound 192 : tensor<?x8x9x?xi32>
  %2, %3 = adamas.topk %eight budget 16 bound 192 : tensor<?x8x9x?xi32>
  return %0, %3 : tensor<?x1x9x16xi32>, tensor<?x8x9xi32>
}
