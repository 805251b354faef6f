// What adamas.kernel refuses of its region, its level and what vector code may use.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

func.func @no_region() {
  // expected-error @below {{requires one region}}
  "adamas.kernel"() <{schedule = #adamas.cpu<16, words>, level = #adamas<level row>}> : () -> ()
  return
}

// -----

func.func @empty_region() {
  // expected-error @below {{region #0 ('body') failed to verify constraint: region with 1 blocks}}
  "adamas.kernel"() <{schedule = #adamas.cpu<16, words>, level = #adamas<level row>}> ({
  }) : () -> ()
  return
}

// -----

func.func @empty_block() {
  // expected-error @below {{expects a non-empty block}}
  "adamas.kernel"() <{schedule = #adamas.cpu<16, words>, level = #adamas<level row>}> ({
  ^bb0:
  }) : () -> ()
  return
}

// -----

func.func @two_blocks() {
  // expected-error @below {{expects region #0 to have 0 or 1 blocks}}
  "adamas.kernel"() <{schedule = #adamas.cpu<16, words>, level = #adamas<level row>}> ({
    "adamas.yield"() : () -> ()
  ^bb1:
    "adamas.yield"() : () -> ()
  }) : () -> ()
  return
}

// -----

func.func @no_level() {
  // expected-error @below {{requires attribute 'level'}}
  "adamas.kernel"() <{schedule = #adamas.cpu<16, words>}> ({
    "adamas.yield"() : () -> ()
  }) : () -> ()
  return
}

// -----

func.func @level_is_unknown() {
  // expected-error @below {{expected ::mlir::adamas::Level to be one of: row, part, token}}
  // expected-error @below {{failed to parse Adamas_LevelAttr parameter}}
  adamas.kernel grid #adamas.cpu<16, words> {
    adamas.yield
  }
  return
}

// -----

func.func @lanes_are_32() {
  // expected-error @below {{expects 4, 8 or 16 lanes of 32 bits, but got 32}}
  adamas.kernel row #adamas.cpu<32, words> {
    adamas.yield
  }
  return
}

// -----

func.func @result_is_a_scalar() {
  // expected-error @below {{result #0 must be variadic of ranked tensor of any type values, but got 'i32'}}
  %0 = "adamas.kernel"() <{schedule = #adamas.cpu<16, words>, level = #adamas<level row>}> ({
    "adamas.yield"() : () -> ()
  }) : () -> i32
  return
}

// -----

func.func @schedule_is_a_number() {
  // expected-error @below {{attribute 'schedule' failed to satisfy constraint: what the vector code of a kernel may use or the schedule of a GPU kernel}}
  "adamas.kernel"() <{schedule = 16 : i64, level = #adamas<level row>}> ({
    "adamas.yield"() : () -> ()
  }) : () -> ()
  return
}

// -----

func.func @no_schedule() {
  // expected-error @below {{requires attribute 'schedule'}}
  "adamas.kernel"() <{level = #adamas<level row>}> ({
    "adamas.yield"() : () -> ()
  }) : () -> ()
  return
}
