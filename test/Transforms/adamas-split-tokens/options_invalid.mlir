// Options that the pass refuses, each with one error that names the option.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: not adamas-opt %s --adamas-split-tokens=ways=0 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not adamas-opt %s --adamas-split-tokens="ways=-3 chip=sm_90" 2>&1 | FileCheck %s --check-prefix=MINUS
// RUN: not adamas-opt %s --adamas-split-tokens=ways=1048577 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: not adamas-opt %s --adamas-split-tokens=ways=9223372036854775807 2>&1 | FileCheck %s --check-prefix=HUGE
// RUN: not adamas-opt %s --adamas-split-tokens=ways=three 2>&1 | FileCheck %s --check-prefix=WORD
// RUN: not adamas-opt %s --adamas-split-tokens="ways=0 chip=sm_75" 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not adamas-opt %s --adamas-split-tokens="ways=2 tile=0" 2>&1 | FileCheck %s --check-prefix=TILE
// RUN: not adamas-opt %s --adamas-split-tokens=boundaries=0 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: not adamas-opt %s --adamas-split-tokens=boundaries=1,2 2>&1 | FileCheck %s --check-prefix=BEGIN
// RUN: not adamas-opt %s --adamas-split-tokens=boundaries=0,8,4 2>&1 | FileCheck %s --check-prefix=FALL
// RUN: not adamas-opt %s --adamas-split-tokens=boundaries=0,2147483648 2>&1 | FileCheck %s --check-prefix=WIDE

// ZERO: error: expects option 'ways' to be from 1 to 1048576, but got 0; give 'chip' too to have them chosen for it
// MINUS: error: expects option 'ways' to be from 1 to 1048576, but got -3
// MANY: error: expects option 'ways' to be from 1 to 1048576, but got 1048577
// HUGE: error: expects option 'ways' to be from 1 to 1048576, but got 9223372036854775807
// WORD: 'three' value invalid for
// CHIP: error: option 'chip' expects a chip among sm_80, {{.*}}, but got 'sm_75'
// TILE: error: expects option 'tile' to be at least 1, but got 0
// SHORT: error: expects option 'boundaries' to begin with 0 and hold 2 or more
// BEGIN: error: expects option 'boundaries' to begin with 0 and hold 2 or more
// FALL: error: expects option 'boundaries' to ascend, but got 4 after 8
// WIDE: error: expects option 'boundaries' to ascend, but got 2147483648 after 0
module {
  func.func private @none()
}
