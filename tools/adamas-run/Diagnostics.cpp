// What MLIR says, as llvm::Error.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Diagnostics.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"

using namespace mlir;
using namespace mlir::adamas;

static std::string format(Diagnostic &diagnostic) {
  std::string text;
  llvm::raw_string_ostream os(text);
  // Modules that the tool builds itself have no lines.
  if (auto place = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>(); place && place.getLine() > 0)
    os << place.getFilename().getValue() << ":" << place.getLine() << ":" << place.getColumn() << ": ";
  os << diagnostic;
  return text;
}

DiagnosticCapture::DiagnosticCapture(MLIRContext *context)
    : handler(context, [this](Diagnostic &diagnostic) {
        std::lock_guard<std::mutex> lock(mutex);
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error && first.empty())
          first = format(diagnostic);
        return success();
      }) {}

llvm::Error DiagnosticCapture::take(llvm::Error other) {
  std::lock_guard<std::mutex> lock(mutex);
  if (first.empty())
    return other ? std::move(other) : llvm::createStringError("failed without saying why");
  llvm::consumeError(std::move(other));
  std::string message = std::move(first);
  first.clear();
  return llvm::createStringError(message);
}

llvm::Error mlir::adamas::inFile(llvm::StringRef path, llvm::Error error) {
  std::string message = llvm::toString(std::move(error));
  if (llvm::StringRef(message).starts_with(path))
    return llvm::createStringError(message);
  return llvm::createStringError(Twine(path) + ": " + message);
}
