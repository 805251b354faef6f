// What adamas.partition refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @sel_6_no_way(%c: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{'adamas.partition' op expects 'ways' to be from 1 to 2147483646, but got 0}}
  %0 = adamas.partition %c ways 0 : tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @sel_6_negative_ways(%c: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'ways' to be from 1 to 2147483646, but got -1}}
  %0 = adamas.partition %c ways -1 : tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @sel_6_too_many_ways(%c: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'ways' to be from 1 to 2147483646, but got 2147483647}}
  %0 = adamas.partition %c ways 2147483647 : tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @sel_6_ways_overflow(%c: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'ways' to be from 1 to 2147483646, but got 9223372036854775807}}
  %0 = adamas.partition %c ways 9223372036854775807 : tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @tile_is_0(%c: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'tile' to be from 1 to 2147483647, but got 0}}
  %0 = adamas.partition %c ways 2 tile 0 : tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @tile_is_negative(%c: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'tile' to be from 1 to 2147483647, but got -16}}
  %0 = adamas.partition %c ways 2 tile -16 : tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @tile_exceeds_i32(%c: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects 'tile' to be from 1 to 2147483647, but got 2147483648}}
  %0 = adamas.partition %c ways 2 tile 2147483648 : tensor<?x3x?x!adamas.codes<64, 2>>
  return
}

// -----

func.func @cache_of_rank_2(%c: tensor<3x8xi32>) {
  // expected-error @below {{expects 'cache' to have its tokens on axis 2, but got rank 2}}
  %0 = adamas.partition %c ways 2 : tensor<3x8xi32>
  return
}

// -----

func.func @cache_of_rank_0(%c: tensor<i32>) {
  // expected-error @below {{expects 'cache' to have its tokens on axis 2, but got rank 0}}
  %0 = adamas.partition %c ways 2 : tensor<i32>
  return
}

// -----

func.func @cache_is_unranked(%c: tensor<*xi32>) {
  // expected-error @below {{invalid kind of type specified}}
  %0 = adamas.partition %c ways 2 : tensor<*xi32>
  return
}

// -----

func.func @result_of_other_ways(%c: tensor<?x3x?x!adamas.codes<64, 2>>) {
  // expected-error @below {{expects results of type 'tensor<3xi32>', but got 'tensor<2xi32>'}}
  %0 = "adamas.partition"(%c) <{ways = 2 : i64}> : (tensor<?x3x?x!adamas.codes<64, 2>>) -> tensor<2xi32>
  return
}
