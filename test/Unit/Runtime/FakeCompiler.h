// How tests command the fake compiler library.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TEST_UNIT_RUNTIME_FAKECOMPILER_H
#define ADAMAS_TEST_UNIT_RUNTIME_FAKECOMPILER_H

// The environment says what it does, since other processes are commanded too:
//   FAKE_COMPILER        ok (default), fail, silent, nothing, twice, corrupt, absent (no function), missing (an output)
//   FAKE_COMPILER_CALLS  a file that gets one byte a call
//   FAKE_COMPILER_DELAY  milliseconds that a call takes

/// Calls in this process since the last time this was asked.
extern "C" __attribute__((visibility("default"))) int fakeCompilerCalls();

/// The request of the latest call.
extern "C" __attribute__((visibility("default"))) const char *fakeCompilerRequest();

#endif // ADAMAS_TEST_UNIT_RUNTIME_FAKECOMPILER_H
