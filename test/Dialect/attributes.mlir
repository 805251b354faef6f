// Round trip of the attributes of the dialect, where no op gives them a place of their own.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func private @policies(
// CHECK-SAME: policies = [#adamas<policy per_query_head>, #adamas<policy per_kv_head>]
func.func private @policies() attributes {policies = [#adamas<policy per_query_head>, #adamas<policy per_kv_head>]}

// CHECK-LABEL: func.func private @layouts(
// CHECK-SAME: layouts = [#adamas<pool_layout head_major>, #adamas<pool_layout token_major>]
func.func private @layouts() attributes {layouts = [#adamas<pool_layout head_major>, #adamas<pool_layout token_major>]}

// CHECK-LABEL: func.func private @placements(
// CHECK-SAME: placements = [#adamas<placement registers>, #adamas<placement shared>, #adamas<placement cluster>, #adamas<placement global>, #adamas<placement grid>]
func.func private @placements() attributes {placements = [#adamas<placement registers>, #adamas<placement shared>, #adamas<placement cluster>, #adamas<placement global>, #adamas<placement grid>]}

// CHECK-LABEL: func.func private @levels(
// CHECK-SAME: levels = [#adamas<level row>, #adamas<level part>, #adamas<level token>]
func.func private @levels() attributes {levels = [#adamas<level row>, #adamas<level part>, #adamas<level token>]}

// CHECK-LABEL: func.func private @cpus(
// CHECK-SAME: cpus = [#adamas.cpu<4, bytes>, #adamas.cpu<8, bytes>, #adamas.cpu<16, words>]
func.func private @cpus() attributes {cpus = [#adamas.cpu<4, bytes>, #adamas.cpu<8, bytes>, #adamas.cpu<16, words>]}

// CHECK-LABEL: func.func private @engines(
// CHECK-SAME: engines = [#adamas<engine popc>, #adamas<engine carry_save>, #adamas<engine b1>, #adamas<engine s8>, #adamas<engine choose>]
func.func private @engines() attributes {engines = [#adamas<engine popc>, #adamas<engine carry_save>, #adamas<engine b1>, #adamas<engine s8>, #adamas<engine choose>]}

// CHECK-LABEL: func.func private @gpus(
// CHECK-SAME: gpus = [#adamas.gpu<sm = 80, threads = 32, tokens = 2, iterations = 1, engine = b1>, #adamas.gpu<sm = 90, threads = 1024, tokens = 8, iterations = 64, engine = b1>, #adamas.gpu<sm = 120, threads = 128, tokens = 4, iterations = 2, engine = carry_save>, #adamas.gpu<sm = 100, threads = 512, tokens = 2, iterations = 1, engine = s8>, #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = popc, cluster = 16>, #adamas.gpu<sm = 80, threads = 256, tokens = 2, iterations = 1, engine = popc, sort = 32, attention = mma>, #adamas.gpu<sm = 80, threads = 256, tokens = 2, iterations = 1, engine = popc, distance_bits = 8>, #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = popc, window = 1, candidate_engine = b1, resident = 2>, #adamas.gpu<sm = 100, threads = 256, tokens = 2, iterations = 1, engine = popc, window = 2, candidate_engine = s8>]
func.func private @gpus() attributes {gpus = [
  #adamas.gpu<sm = 80, threads = 32, tokens = 2, iterations = 1, engine = b1>,
  #adamas.gpu<sm = 90, threads = 1024, tokens = 8, iterations = 64, engine = b1>,
  #adamas.gpu<sm = 120, threads = 128, tokens = 4, iterations = 2, engine = carry_save>,
  #adamas.gpu<sm = 100, threads = 512, tokens = 2, iterations = 1, engine = s8, cluster = 1>,
  #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = popc, cluster = 16, sort = 1, attention = fma>,
  #adamas.gpu<sm = 80, threads = 256, tokens = 2, iterations = 1, engine = popc, attention = mma, sort = 32, distance_bits = 16>,
  #adamas.gpu<sm = 80, threads = 256, tokens = 2, iterations = 1, engine = popc, distance_bits = 8>,
  #adamas.gpu<sm = 90, threads = 256, tokens = 2, iterations = 1, engine = popc, resident = 2, candidate_engine = b1, window = 1>,
  #adamas.gpu<sm = 100, threads = 256, tokens = 2, iterations = 1, engine = popc, window = 2, candidate_engine = s8, resident = 1>]}
