// Sums of bit counts, as a CPU counts best.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOVECTOR_POPCOUNT_H
#define ADAMAS_CONVERSION_ADAMASTOVECTOR_POPCOUNT_H

#include "adamas/Conversion/AdamasToVector/KernelBuilder.h"

namespace mlir::adamas {

/// Accumulates `sum 2^shift popcount(word)` in each 32-bit lane. Sums of one shift are kept apart and shifted once, at
/// the end; byte counts are widened once for every 31 words.
class PopcountSum {
public:
  explicit PopcountSum(KernelBuilder &b) : b(b), lanes(b.cpu.getLanes()) {}

  /// Adds the bit counts of the 32-bit lanes of `words`, times `2^shift`.
  void add(Value words, unsigned shift);
  /// The sum, 32 bits a lane.
  Value finish();

private:
  struct Sum {
    Value words;          ///< 32-bit lanes
    Value bytes;          ///< byte lanes, not yet widened
    unsigned pending = 0; ///< words counted in `bytes`
  };
  void flush(Sum &sum);

  KernelBuilder &b;
  int64_t lanes;
  SmallVector<Sum> sums;
};

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOVECTOR_POPCOUNT_H
