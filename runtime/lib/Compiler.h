// The compiler library: where it is, which one it is, and calling it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_COMPILER_H
#define ADAMAS_RUNTIME_LIB_COMPILER_H

#include "Error.h"
#include "adamas/compiler.h"
#include <memory>
#include <string>
#include <vector>

namespace adamas::impl {

struct CompilerLibrary {
  std::string path;     ///< What dlopen is given; "" if it was not found.
  std::string identity; ///< Changes when the library does: size and time of its file.
};

/// ADAMAS_COMPILER, or the one beside this library, or the one that the loader finds. Only the last way opens it.
CompilerLibrary findCompiler();

/// Bytes of a bundle. COMPILER: not found, not loadable, or disabled. COMPILE: the request was refused.
std::string compile(const CompilerLibrary &library, const std::string &request);

/// Machine code for the CPU of this process; it stays loaded as long as this lives.
class HostFunction {
public:
  /// Statuses as those of compile().
  HostFunction(const CompilerLibrary &library, const std::string &request, int threads);
  ~HostFunction();
  HostFunction(const HostFunction &) = delete;
  HostFunction &operator=(const HostFunction &) = delete;

  /// Of its values: arguments, then results.
  const std::vector<std::string> &names() const { return values; }

  /// Runs it. VALIDATION: the values of lengths are out of range; all else was checked by the caller.
  void call(const adamas_tensor *tensors) const;

private:
  adamas_compiler_function *function = nullptr;
  decltype(&adamas_compiler_call) run = nullptr;
  decltype(&adamas_compiler_unload) unload = nullptr;
  std::vector<std::string> values;
};

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_COMPILER_H
