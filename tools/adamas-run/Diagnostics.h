// What MLIR says, as llvm::Error.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_DIAGNOSTICS_H
#define ADAMAS_TOOLS_ADAMAS_RUN_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Error.h"
#include <mutex>
#include <string>

namespace mlir::adamas {

/// Keeps the diagnostics of a context while it lives, so that a failure becomes one error with one message. Passes and
/// the evaluator may report from several threads.
class DiagnosticCapture {
public:
  explicit DiagnosticCapture(MLIRContext *context);

  /// The first error since the last call, with its place in the file where it has one; `other` if there was none.
  llvm::Error take(llvm::Error other = llvm::Error::success());

private:
  std::mutex mutex;
  std::string first;
  ScopedDiagnosticHandler handler;
};

/// Puts `path: ` before a message that does not begin with it.
llvm::Error inFile(llvm::StringRef path, llvm::Error error);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_DIAGNOSTICS_H
