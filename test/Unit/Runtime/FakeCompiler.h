// How tests command the fake compiler library.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TEST_UNIT_RUNTIME_FAKECOMPILER_H
#define ADAMAS_TEST_UNIT_RUNTIME_FAKECOMPILER_H

#include "adamas/runtime.h"

// The environment says what it does, since other processes are commanded too:
//   FAKE_COMPILER        ok (default), fail, silent, nothing, twice, corrupt, absent (no function), missing (an
//   output);
//                        for the CPU unknown (a value that no plan has), refuse (a call)
//   FAKE_COMPILER_CALLS  a file that gets one byte a call
//   FAKE_COMPILER_DELAY  milliseconds that a call takes

/// Calls in this process since the last time this was asked.
extern "C" __attribute__((visibility("default"))) int fakeCompilerCalls();

/// The request of the latest call.
extern "C" __attribute__((visibility("default"))) const char *fakeCompilerRequest();

/// Functions for the CPU that are loaded.
extern "C" __attribute__((visibility("default"))) int fakeCompilerFunctions();

/// A value of the latest call of such a function.
extern "C" __attribute__((visibility("default"))) adamas_tensor fakeCompilerValue(size_t index);

#endif // ADAMAS_TEST_UNIT_RUNTIME_FAKECOMPILER_H
