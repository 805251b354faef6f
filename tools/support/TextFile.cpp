// Files that tools write for people.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/TextFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

llvm::Error mlir::adamas::writeTextFile(llvm::StringRef path, llvm::StringRef what, llvm::StringRef text) {
  llvm::Error error = llvm::writeToOutput(path, [&](llvm::raw_ostream &os) {
    os << text;
    return llvm::Error::success();
  });
  if (!error)
    return llvm::Error::success();
  std::string why = llvm::toString(std::move(error));
  if (!why.empty())
    why[0] = llvm::toLower(why[0]);
  return llvm::createStringError(llvm::Twine(path) + ": cannot write the " + what + ": " + why);
}
