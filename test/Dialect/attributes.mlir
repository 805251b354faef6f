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
// CHECK-SAME: placements = [#adamas<placement registers>, #adamas<placement shared>, #adamas<placement cluster>, #adamas<placement global>]
func.func private @placements() attributes {placements = [#adamas<placement registers>, #adamas<placement shared>, #adamas<placement cluster>, #adamas<placement global>]}

// CHECK-LABEL: func.func private @levels(
// CHECK-SAME: levels = [#adamas<level row>, #adamas<level part>, #adamas<level token>]
func.func private @levels() attributes {levels = [#adamas<level row>, #adamas<level part>, #adamas<level token>]}

// CHECK-LABEL: func.func private @cpus(
// CHECK-SAME: cpus = [#adamas.cpu<4, bytes>, #adamas.cpu<8, bytes>, #adamas.cpu<16, words>]
func.func private @cpus() attributes {cpus = [#adamas.cpu<4, bytes>, #adamas.cpu<8, bytes>, #adamas.cpu<16, words>]}
