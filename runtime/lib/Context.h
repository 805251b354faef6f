// What plans run on: a GPU through its primary context, or the CPU.
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

class Operation;

class Context {
public:
  virtual ~Context() = default;
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  /// The memory functions of the C interface; copies wait for the stream. Pointers to bytes are not null.
  virtual void *allocate(size_t size) const = 0;
  virtual void free(void *memory) const = 0;
  virtual void write(void *memory, const void *host, size_t size, void *stream) const = 0;
  virtual void read(void *host, const void *memory, size_t size, void *stream) const = 0;
  virtual void synchronize(void *stream) const = 0;

  /// Fails with UNSUPPORTED for a plan that can never run here.
  virtual void checkPlan(const adamas_plan_desc &desc) const = 0;
  /// Makes one operation of a checked descriptor ready.
  virtual std::unique_ptr<Operation> load(uint32_t operation, const adamas_plan_desc &desc) const = 0;

  adamas_device_properties properties = {};

protected:
  Context() = default;
};

class GpuContext : public Context, public std::enable_shared_from_this<GpuContext> {
public:
  explicit GpuContext(int ordinal);
  ~GpuContext() override;

  void *allocate(size_t size) const override;
  void free(void *memory) const override;
  void write(void *memory, const void *host, size_t size, void *stream) const override;
  void read(void *host, const void *memory, size_t size, void *stream) const override;
  void synchronize(void *stream) const override;
  void checkPlan(const adamas_plan_desc &desc) const override;
  std::unique_ptr<Operation> load(uint32_t operation, const adamas_plan_desc &desc) const override;

  const Driver &driver;

private:
  friend class Current;
  cuda::Context handle = nullptr;
};

class CpuContext : public Context {
public:
  /// `threads` 0: all that the process may use.
  explicit CpuContext(int threads);

  void *allocate(size_t size) const override;
  void free(void *memory) const override;
  void write(void *memory, const void *host, size_t size, void *stream) const override;
  void read(void *host, const void *memory, size_t size, void *stream) const override;
  void synchronize(void *stream) const override;
  void checkPlan(const adamas_plan_desc &desc) const override;
  std::unique_ptr<Operation> load(uint32_t operation, const adamas_plan_desc &desc) const override;
};

/// Makes a context current on this thread for a scope. The driver is asked first: where the caller's context is the
/// same primary one, as it is under PyTorch, nothing is pushed.
class Current {
public:
  explicit Current(const GpuContext &context);
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
