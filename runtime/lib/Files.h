// Whole files: reading, and writing so that nobody ever sees half of one.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_FILES_H
#define ADAMAS_RUNTIME_LIB_FILES_H

#include "Error.h"
#include <optional>
#include <string>

namespace adamas::impl {

/// The bytes of a file, or nothing where there is none. Fails with CACHE where it cannot be read.
std::optional<std::string> readFile(const std::string &path);

/// Writes a temporary file beside `path` and renames it, making the folder if need be. Fails with CACHE, leaving
/// nothing behind. There is no fsync: a file that a power cut truncates fails its checksum and is made again.
void writeFile(const std::string &path, const std::string &bytes);

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_FILES_H
