// How kernels of one stream follow each other.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TARGET_REGIME_H
#define ADAMAS_TARGET_REGIME_H

namespace mlir::adamas {

/// Named as in the records of benchmarks. Programmatic dependent launch is from sm_90 on; earlier chips have NoPdl.
enum class Regime {
  NoPdl,       ///< a kernel starts when the one before it is done
  PdlWait,     ///< it may start earlier, but reads nothing before all that came before the function is done
  PdlPrefetch, ///< it also reads codes, lengths and tables before: right only where nothing before it writes them
};

} // namespace mlir::adamas

#endif // ADAMAS_TARGET_REGIME_H
