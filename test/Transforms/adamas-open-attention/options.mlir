// The pass takes no options: it says so, and names the one that it was given.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: not adamas-opt %s --adamas-open-attention=ways=2 2>&1 | FileCheck %s

// CHECK: error: {{.*}}no such option ways
module {
}
