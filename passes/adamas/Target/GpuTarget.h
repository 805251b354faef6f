// What the compiler knows of an NVIDIA GPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TARGET_GPUTARGET_H
#define ADAMAS_TARGET_GPUTARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>

namespace mlir::adamas {

/// Facts of a chip, from NVIDIA's documentation. What a chip lacks another lowering stands in for.
struct GpuTarget {
  llvm::StringLiteral chip;   ///< as ptxas names it: sm_90a
  int64_t sm;                 ///< compute capability times ten
  int64_t ptx;                ///< PTX version that is emitted, times ten
  int64_t multiprocessors;    ///< of the largest product
  int64_t sharedBytes;        ///< that a CTA may have
  bool nativeB1;              ///< binary matrix products in hardware rather than emulated
  int64_t gigabytesPerSecond; ///< that a copy reaches: nine tenths of what its memory is sold with
  int64_t l2Bytes;

  /// Programmatic dependent launch, and with it clusters.
  bool hasDependentLaunch() const { return sm >= 90; }

  static llvm::ArrayRef<GpuTarget> all();
  /// Bytes of shared memory that a CTA may have on chips of compute capability `sm`; those of the largest where it is
  /// not known.
  static int64_t sharedBytesOf(int64_t sm);
  /// The error lists the chips that are known.
  static llvm::Expected<GpuTarget> get(llvm::StringRef chip);
};

} // namespace mlir::adamas

#endif // ADAMAS_TARGET_GPUTARGET_H
