// What the attributes of the dialect refuse.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{expects 4, 8 or 16 lanes of 32 bits, but got 2}}
func.func private @lanes_are_2() attributes {cpu = #adamas.cpu<2, words>}

// -----

// expected-error @below {{expects 4, 8 or 16 lanes of 32 bits, but got -8}}
func.func private @lanes_are_negative() attributes {cpu = #adamas.cpu<-8, words>}

// -----

// expected-error @below {{expected ::mlir::adamas::Popcount to be one of: words, bytes}}
// expected-error @below {{failed to parse Adamas_CpuAttr parameter 'popcount'}}
func.func private @popcount_is_unknown() attributes {cpu = #adamas.cpu<8, nibbles>}

// -----

// expected-error @below {{expected ::mlir::adamas::Placement to be one of: registers, shared, cluster, global}}
// expected-error @below {{failed to parse Adamas_PlacementAttr parameter}}
func.func private @placement_is_unknown() attributes {p = #adamas<placement stack>}

// -----

// expected-error @below {{unknown attribute `place` in dialect `adamas`}}
func.func private @another_attribute() attributes {p = #adamas.place<shared>}
