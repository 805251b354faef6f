// Round trip of adamas.kernel: levels, what vector code may use, results, values from outside.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --mlir-print-op-generic | adamas-opt | FileCheck %s
// RUN: adamas-opt %s --emit-bytecode | adamas-opt | FileCheck %s

// CHECK-LABEL: func.func @every_level_and_cpu(
func.func @every_level_and_cpu(%x: tensor<?x9x64xf16>) -> (tensor<?x9x64xf32>, tensor<?x9x64xf32>, tensor<?x9x64xf32>) {
  // CHECK: adamas.kernel row #adamas.cpu<16, words> {
  %0 = adamas.kernel row #adamas.cpu<16, words> {
    // CHECK: adamas.hadamard %{{[a-z0-9#]+}} in global : tensor<?x9x64xf16>
    %y = adamas.hadamard %x in global : tensor<?x9x64xf16>
    // CHECK: adamas.yield %{{[a-z0-9#]+}} : tensor<?x9x64xf32>
    adamas.yield %y : tensor<?x9x64xf32>
  // CHECK: } : tensor<?x9x64xf32>
  } : tensor<?x9x64xf32>
  // CHECK: adamas.kernel part #adamas.cpu<8, bytes> {
  %1 = adamas.kernel part #adamas.cpu<8, bytes> {
    // CHECK: adamas.hadamard %{{[a-z0-9#]+}} in global : tensor<?x9x64xf16>
    %y = adamas.hadamard %x in global : tensor<?x9x64xf16>
    // CHECK: adamas.yield %{{[a-z0-9#]+}} : tensor<?x9x64xf32>
    adamas.yield %y : tensor<?x9x64xf32>
  // CHECK: } : tensor<?x9x64xf32>
  } : tensor<?x9x64xf32>
  // CHECK: adamas.kernel token #adamas.cpu<4, bytes> {
  %2 = adamas.kernel token #adamas.cpu<4, bytes> {
    // CHECK: adamas.hadamard %{{[a-z0-9#]+}} in global : tensor<?x9x64xf16>
    %y = adamas.hadamard %x in global : tensor<?x9x64xf16>
    // CHECK: adamas.yield %{{[a-z0-9#]+}} : tensor<?x9x64xf32>
    adamas.yield %y : tensor<?x9x64xf32>
  // CHECK: } : tensor<?x9x64xf32>
  } : tensor<?x9x64xf32>
  return %0, %1, %2 : tensor<?x9x64xf32>, tensor<?x9x64xf32>, tensor<?x9x64xf32>
}

// CHECK-LABEL: func.func @placements_inside(
func.func @placements_inside(%x: tensor<?x9x64xf16>) -> (tensor<?x9x64xf32>, tensor<?x9x64xi8>) {
  // CHECK: adamas.kernel row #adamas.cpu<16, words> {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    // CHECK: adamas.hadamard %{{[a-z0-9#]+}} in global : tensor<?x9x64xf16>
    %y = adamas.hadamard %x in global : tensor<?x9x64xf16>
    // CHECK: adamas.hadamard %{{[a-z0-9#]+}} in registers : tensor<?x9x64xf16>
    %z = adamas.hadamard %x in registers : tensor<?x9x64xf16>
    // CHECK: adamas.weigh %{{[a-z0-9#]+}} in global : tensor<?x9x64xf32>
    %w = adamas.weigh %z in global : tensor<?x9x64xf32>
    // CHECK: adamas.yield %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x64xf32>, tensor<?x9x64xi8>
    adamas.yield %y, %w : tensor<?x9x64xf32>, tensor<?x9x64xi8>
  } {note = "kept"} : tensor<?x9x64xf32>, tensor<?x9x64xi8>
  return %0#0, %0#1 : tensor<?x9x64xf32>, tensor<?x9x64xi8>
}

// What is made outside is in global memory already, whatever its placement says.
// CHECK-LABEL: func.func @yields_what_is_made_outside(
func.func @yields_what_is_made_outside(%x: tensor<?x9x64xf16>) -> (tensor<?x9x64xf32>, tensor<?x9x64xf16>) {
  // CHECK: adamas.hadamard %{{[a-z0-9#]+}} : tensor<?x9x64xf16>
  %y = adamas.hadamard %x : tensor<?x9x64xf16>
  // CHECK: adamas.kernel row #adamas.cpu<16, words> {
  %0:2 = adamas.kernel row #adamas.cpu<16, words> {
    // CHECK: adamas.yield %{{[a-z0-9#]+}}, %{{[a-z0-9#]+}} : tensor<?x9x64xf32>, tensor<?x9x64xf16>
    adamas.yield %y, %x : tensor<?x9x64xf32>, tensor<?x9x64xf16>
  // CHECK: } : tensor<?x9x64xf32>, tensor<?x9x64xf16>
  } : tensor<?x9x64xf32>, tensor<?x9x64xf16>
  return %0#0, %0#1 : tensor<?x9x64xf32>, tensor<?x9x64xf16>
}

// CHECK-LABEL: func.func @no_results(
func.func @no_results() {
  // CHECK: adamas.kernel token #adamas.cpu<16, words> {
  adamas.kernel token #adamas.cpu<16, words> {
    // CHECK: adamas.yield
    adamas.yield
  // CHECK: }
  }
  return
}

// CHECK-LABEL: func.func @gpu(
func.func @gpu(%x: tensor<?x9x64xf16>) -> tensor<?x9x64xf32> {
  // CHECK: adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
  %0 = adamas.kernel row #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc> {
    %y = adamas.hadamard %x in global : tensor<?x9x64xf16>
    adamas.yield %y : tensor<?x9x64xf32>
  } : tensor<?x9x64xf32>
  return %0 : tensor<?x9x64xf32>
}
