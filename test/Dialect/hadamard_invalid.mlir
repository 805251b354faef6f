// What adamas.hadamard refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @had_1_dim_is_96(%x: tensor<?x96xf16>) {
  // expected-error @below {{'adamas.hadamard' op expects the last dimension of 'input' to be a static power of two from 2 to 1024, but got 96}}
  %0 = adamas.hadamard %x : tensor<?x96xf16>
  return
}

// -----

func.func @had_1_dim_is_1(%x: tensor<?x1xf32>) {
  // expected-error @below {{from 2 to 1024, but got 1}}
  %0 = adamas.hadamard %x : tensor<?x1xf32>
  return
}

// -----

func.func @had_1_dim_is_0(%x: tensor<?x0xf32>) {
  // expected-error @below {{from 2 to 1024, but got 0}}
  %0 = adamas.hadamard %x : tensor<?x0xf32>
  return
}

// -----

func.func @had_1_dim_is_2048(%x: tensor<?x2048xf32>) {
  // expected-error @below {{from 2 to 1024, but got 2048}}
  %0 = adamas.hadamard %x : tensor<?x2048xf32>
  return
}

// -----

func.func @had_1_dim_is_dynamic(%x: tensor<4x?xf32>) {
  // expected-error @below {{from 2 to 1024, but got ?}}
  %0 = adamas.hadamard %x : tensor<4x?xf32>
  return
}

// -----

func.func @had_1_dim_is_2_to_the_62(%x: tensor<1x4611686018427387904xf32>) {
  // expected-error @below {{from 2 to 1024, but got 4611686018427387904}}
  %0 = adamas.hadamard %x : tensor<1x4611686018427387904xf32>
  return
}

// -----

func.func @had_1_rank_is_0(%x: tensor<f32>) {
  // expected-error @below {{expects 'input' to have rank 1 or more, but got 0}}
  %0 = adamas.hadamard %x : tensor<f32>
  return
}

// -----

func.func @had_2_result_is_f16(%x: tensor<?x64xf16>) {
  // expected-error @below {{result #0 must be ranked tensor of 32-bit float values, but got 'tensor<?x64xf16>'}}
  %0 = "adamas.hadamard"(%x) : (tensor<?x64xf16>) -> tensor<?x64xf16>
  return
}

// -----

func.func @result_of_another_shape(%x: tensor<?x64xf16>) {
  // expected-error @below {{expects results of type 'tensor<?x64xf32>', but got 'tensor<2x64xf32>'}}
  %0 = "adamas.hadamard"(%x) : (tensor<?x64xf16>) -> tensor<2x64xf32>
  return
}

// -----

func.func @input_is_f64(%x: tensor<?x64xf64>) {
  // expected-error @below {{operand #0 must be ranked tensor of 16-bit float or bfloat16 type or 32-bit float values, but got 'tensor<?x64xf64>'}}
  %0 = adamas.hadamard %x : tensor<?x64xf64>
  return
}

// -----

func.func @input_is_unranked(%x: tensor<*xf32>) {
  // expected-error @below {{invalid kind of type specified}}
  %0 = adamas.hadamard %x : tensor<*xf32>
  return
}

// -----

func.func @input_is_a_vector(%x: vector<64xf32>) {
  // expected-error @below {{operand #0 must be ranked tensor of 16-bit float}}
  %0 = "adamas.hadamard"(%x) : (vector<64xf32>) -> tensor<64xf32>
  return
}

// -----

func.func @placement_is_unknown(%x: tensor<?x64xf32>) {
  // expected-error @below {{expected ::mlir::adamas::Placement to be one of: registers, shared, cluster, global}}
  // expected-error @below {{failed to parse Adamas_PlacementAttr parameter}}
  %0 = adamas.hadamard %x in memory : tensor<?x64xf32>
  return
}

// -----

func.func @no_operand() {
  // expected-error @below {{op requires a single operand}}
  %0 = "adamas.hadamard"() : () -> tensor<?x64xf32>
  return
}
