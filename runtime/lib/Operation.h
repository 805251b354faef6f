// One loaded operation of a plan, on a GPU or on the CPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_OPERATION_H
#define ADAMAS_RUNTIME_LIB_OPERATION_H

#include "Binding.h"

namespace adamas::impl {

/// A call's tensors by name; those that it does not have stay null.
struct Arguments {
  Dimensions dimensions;
  adamas_tensor tensors[nameCount] = {};
  bool stridedCodes = false; ///< The caller gave strides of codes; dense ones depend on their layout.

  adamas_tensor &operator[](Name name) { return tensors[static_cast<size_t>(name)]; }
  const adamas_tensor &operator[](Name name) const { return tensors[static_cast<size_t>(name)]; }
};

class Operation {
public:
  virtual ~Operation() = default;

  virtual size_t workspaceSize(const Dimensions &dimensions) const = 0;

  /// Tokens from which on it is faster than dense attention; 0: not known.
  virtual int64_t crossover() const { return 0; }

  /// Checks the arguments and launches. `validate`: also asks whether pointers are the device's memory.
  virtual void launch(const Arguments &arguments, void *workspace, size_t size, void *stream, bool validate) const = 0;
};

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_OPERATION_H
