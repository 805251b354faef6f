// The environment variables of the runtime, one table of them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_ENVIRONMENT_H
#define ADAMAS_RUNTIME_LIB_ENVIRONMENT_H

#include "Error.h"
#include <cstddef>
#include <string>

namespace adamas::impl {

enum class Variable { CacheDir, BundleDir, Compiler, LibCuda, Log, DumpDir, Validate, DisableJit, TuningTable };

struct VariableInfo {
  Variable variable;
  const char *name;
  const char *values; ///< What it may be set to.
  const char *meaning;
};

/// All variables, in the order of the enum.
const VariableInfo *environmentTable(size_t &count);

const char *variableName(Variable variable);

/// The value; unset and empty are both "".
std::string environmentText(Variable variable);

/// A switch: 1, on, true, yes or 0, off, false, no. Anything else is an error that names the variable.
bool environmentSwitch(Variable variable);

/// The level of ADAMAS_LOG. A wrong value is warned of once and means the default.
LogLevel logLevel();

/// $ADAMAS_CACHE_DIR, $XDG_CACHE_HOME/adamas or ~/.cache/adamas; "" where none of them can be told.
std::string cacheDirectory();

/// The table as text, one paragraph a variable.
const char *environmentHelp();

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_ENVIRONMENT_H
