// What the types of the dialect refuse.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{expects the dimension of codes to be a power of two from 32 to 1024, but got 96}}
func.func private @had_1_dim_is_96(tensor<1x!adamas.codes<96, 2>>)

// -----

// expected-error @below {{expects the dimension of codes to be a power of two from 32 to 1024, but got 16}}
func.func private @pak_3_dim_is_16(tensor<1x!adamas.codes<16, 2>>)

// -----

// expected-error @below {{expects the dimension of codes to be a power of two from 32 to 1024, but got 2048}}
func.func private @had_1_dim_is_2048(tensor<1x!adamas.codes<2048, 2>>)

// -----

// expected-error @below {{expects the dimension of codes to be a power of two from 32 to 1024, but got 0}}
func.func private @had_1_dim_is_0(tensor<1x!adamas.codes<0, 2>>)

// -----

// expected-error @below {{expects the dimension of codes to be a power of two from 32 to 1024, but got -64}}
func.func private @had_1_dim_is_negative(tensor<1x!adamas.codes<-64, 2>>)

// -----

// expected-error @below {{expects codes of 1 to 4 bits, but got 0}}
func.func private @bits_are_0(tensor<1x!adamas.codes<64, 0>>)

// -----

// expected-error @below {{expects codes of 1 to 4 bits, but got 5}}
func.func private @bits_are_5(tensor<1x!adamas.codes<64, 5>>)

// -----

// expected-error @below {{expected integer value}}
// expected-error @below {{failed to parse Adamas_CodesType parameter 'bits'}}
func.func private @no_bits(tensor<1x!adamas.codes<64, >>)

// -----

// expected-error @below {{integer value too large}}
// expected-error @below {{failed to parse Adamas_CodesType parameter 'dim'}}
func.func private @dim_exceeds_i64(tensor<1x!adamas.codes<99999999999999999999, 2>>)

// -----

// expected-error @below {{expected ','}}
func.func private @no_comma(tensor<1x!adamas.codes<64 2>>)

// -----

// expected-error @below {{unknown  type `code` in dialect `adamas`}}
func.func private @another_type(tensor<1x!adamas.code<64, 2>>)
