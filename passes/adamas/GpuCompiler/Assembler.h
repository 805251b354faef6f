// From PTX to machine code.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_GPUCOMPILER_ASSEMBLER_H
#define ADAMAS_GPUCOMPILER_ASSEMBLER_H

#include "adamas/Target/GpuTarget.h"
#include "llvm/Support/Error.h"
#include <string>

namespace mlir::adamas {

/// What turns PTX into machine code on this machine: ptxas, else nvPTXCompiler where it is linked (the CMake variable
/// `ADAMAS_NVPTXCOMPILER`), else nothing, and PTX is left to the driver. Threads may share one.
class Assembler {
public:
  /// ptxas is `$ADAMAS_PTXAS`, which may be empty to do without, else beside `$CUDA_HOME` or `$CUDA_PATH`, on the path,
  /// or where the toolkit puts itself.
  static Assembler find();

  explicit operator bool() const { return !ptxas.empty() || linked; }

  /// Machine code of `ptx`; the error holds what the assembler said.
  llvm::Expected<std::string> assemble(llvm::StringRef ptx, const GpuTarget &target) const;

private:
  std::string ptxas;
  bool linked = false;
};

} // namespace mlir::adamas

#endif // ADAMAS_GPUCOMPILER_ASSEMBLER_H
