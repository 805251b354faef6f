// What the compiler makes and the runtime loads: a manifest and an image of kernels.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_BUNDLE_H
#define ADAMAS_RUNTIME_LIB_BUNDLE_H

#include "Expression.h"
#include <string>
#include <vector>

namespace adamas::impl {

constexpr int64_t maxBlockBytes = 4096;

const char *elementName(int element);
int64_t elementBytes(int element);

enum class Role { Argument, Result, Workspace };

struct Value {
  std::string name;
  Role role = Role::Argument;
  int element = ADAMAS_F32;
  int rank = 0;
  int64_t sizes[ADAMAS_MAX_RANK] = {}; ///< -1: dynamic. Unused for workspace.
  std::vector<Expression> shape;       ///< Of workspace.
  int64_t offset = 0;                  ///< Of its pointer in the block; then come its sizes, then its strides.
  int denseAxes = 0;
  int64_t alignment = 1;
  int place = -1; ///< Among a call's tensors; -1 for workspace.
};

struct Kernel {
  std::string name;
  Expression grid[3];
  unsigned threads = 0;
  unsigned sharedBytes = 0;
  unsigned cluster = 1;
  bool dependent = false;
  size_t imageOffset = 0, imageBytes = 0; ///< Of its machine code in the bundle's image; no bytes: all of it.
};

struct FunctionInfo {
  std::string name;
  int64_t blockBytes = 0;
  std::vector<Value> values;   ///< In the manifest's order.
  std::vector<size_t> visible; ///< Arguments, then results: indices into `values`, in the order of a call's tensors.
  std::vector<Kernel> kernels;
  int64_t crossover = 0; ///< Tokens from which on it is faster than dense attention; 0: not known.
};

struct Bundle {
  std::string compiler;
  std::string chip;
  bool ptx = false;
  std::vector<FunctionInfo> functions;
  std::string manifest; ///< The text it was read from.
  std::string image;

  /// Fails with CORRUPT, saying what is wrong.
  static Bundle parse(const void *bytes, size_t size);
};

/// XXH3_128 in its canonical form as 32 hexadecimal digits.
std::string hashHex(const std::string &bytes);

/// Reads the manifest's JSON into `bundle`.
void parseManifest(const std::string &text, Bundle &bundle);

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_BUNDLE_H
