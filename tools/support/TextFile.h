// Files that tools write for people.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_SUPPORT_TEXTFILE_H
#define ADAMAS_TOOLS_SUPPORT_TEXTFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace mlir::adamas {

/// Writes `text` to `path`, whole or not at all; the error names the path and `what` it was to hold.
llvm::Error writeTextFile(llvm::StringRef path, llvm::StringRef what, llvm::StringRef text);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_SUPPORT_TEXTFILE_H
