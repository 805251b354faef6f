// One GPU: its properties and its primary context.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_CONTEXT_H
#define ADAMAS_RUNTIME_LIB_CONTEXT_H

#include "Driver.h"
#include <memory>

namespace adamas::impl {

/// The number of GPUs; 0 where the driver finds none.
int deviceCount();

/// Fails with NO_DEVICE for a number that no GPU has.
adamas_device_properties deviceProperties(int ordinal);

/// What the compiler calls a GPU of this compute capability: "sm_86", and "sm_90a" from 9.0 on, where the
/// architecture-specific instructions are worth having.
std::string chipName(int major, int minor);

/// Whether it is "sm_" and a number, with "a" or "f" behind it or nothing.
bool isChipName(const std::string &chip);

/// Fails with UNSUPPORTED unless an image built for `chip` runs on a GPU of this compute capability. `ptx`: the driver
/// translates it, so later GPUs will do.
void checkChip(const std::string &chip, bool ptx, int major, int minor);

class Context {
public:
  explicit Context(int ordinal);
  ~Context();
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  const Driver &driver;
  adamas_device_properties properties;

private:
  friend class Current;
  cuda::Context handle = nullptr;
};

/// Makes a context current on this thread for a scope. The driver is asked first: where the caller's context is the
/// same primary one, as it is under PyTorch, nothing is pushed.
class Current {
public:
  explicit Current(const Context &context);
  ~Current();
  Current(const Current &) = delete;
  Current &operator=(const Current &) = delete;

private:
  const Driver &driver;
  bool pushed = false;
};

} // namespace adamas::impl

struct adamas_context {
  std::shared_ptr<adamas::impl::Context> context;
};

#endif // ADAMAS_RUNTIME_LIB_CONTEXT_H
