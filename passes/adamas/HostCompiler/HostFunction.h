// Requests of the runtime compiled in memory for the CPU of this process.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_HOSTCOMPILER_HOSTFUNCTION_H
#define ADAMAS_HOSTCOMPILER_HOSTFUNCTION_H

#include "adamas/Execution/Executable.h"

namespace mlir::adamas {

/// One operation of one plan. Several threads may call it at once.
class HostFunction {
public:
  /// `request`: as for a GPU, with the chip "x86"; its operation append asks for the codes of new keys alone. `threads`
  /// 0: all that the process may use. Functions of equally many threads share them.
  static llvm::Expected<std::unique_ptr<HostFunction>> compile(llvm::StringRef request, unsigned threads);

  /// Names of what `call` takes: arguments, then results.
  const std::vector<std::string> &names() const { return values; }

  /// Key codes lie in tiles, see `allocateCodes`.
  llvm::Error call(ArrayRef<BufferView> buffers);

private:
  std::unique_ptr<Executable> executable;
  std::string name;
  std::vector<std::string> values;
  size_t arguments = 0;
};

} // namespace mlir::adamas

#endif // ADAMAS_HOSTCOMPILER_HOSTFUNCTION_H
