// The compiler library: where it is, which one it is, and calling it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_COMPILER_H
#define ADAMAS_RUNTIME_LIB_COMPILER_H

#include "Error.h"
#include <string>

namespace adamas::impl {

struct CompilerLibrary {
  std::string path;     ///< What dlopen is given; "" if it was not found.
  std::string identity; ///< Changes when the library does: size and time of its file.
};

/// ADAMAS_COMPILER, or the one beside this library, or the one that the loader finds. Only the last way opens it.
CompilerLibrary findCompiler();

/// Bytes of a bundle. COMPILER: not found, not loadable, or disabled. COMPILE: the request was refused.
std::string compile(const CompilerLibrary &library, const std::string &request);

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_COMPILER_H
