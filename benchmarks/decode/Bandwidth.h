// The floor of every scan: how fast this machine reads memory.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_BENCHMARKS_DECODE_BANDWIDTH_H
#define ADAMAS_BENCHMARKS_DECODE_BANDWIDTH_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include <cstdint>

namespace mlir::adamas::bench {

/// Median seconds of `repeat` runs of `body` after one that is not counted.
double medianSeconds(unsigned repeat, llvm::function_ref<void()> body);

/// Bytes a second that `threads` threads read from `bytes` bytes of memory, each a contiguous share, median of `repeat`
/// runs.
double measureReadBandwidth(int64_t bytes, unsigned threads, unsigned repeat);

} // namespace mlir::adamas::bench

#endif // ADAMAS_BENCHMARKS_DECODE_BANDWIDTH_H
