// A loaded bundle: checks the tensors of a call, lays out its workspace, launches its kernels.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_PROGRAM_H
#define ADAMAS_RUNTIME_LIB_PROGRAM_H

#include "Bundle.h"
#include "Context.h"
#include <map>

namespace adamas::impl {

constexpr size_t workspaceAlignment = 256;

/// Fails unless `workspace` is `needed` bytes of memory, aligned; `name` wants them.
void checkWorkspace(const char *name, size_t needed, const void *workspace, size_t bytes);

class Program {
public:
  Program(std::shared_ptr<const GpuContext> context, std::shared_ptr<const Bundle> bundle);
  ~Program();
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  const Bundle &bundle() const { return *contents; }

  /// The index of a function; fails with INVALID_ARGUMENT, naming those that there are.
  size_t find(const char *function) const;

  size_t workspaceSize(size_t function, const adamas_tensor *tensors, size_t count) const;

  /// See adamas_program_launch. `validate` asks the driver about every pointer.
  void launch(size_t function, const adamas_tensor *tensors, size_t count, void *workspace, size_t workspaceBytes,
              cuda::Stream stream, bool validate = false) const;

private:
  void loadKernels();
  cuda::Module loadImage(size_t offset);
  void unload();
  void validateMemory(const FunctionInfo &function, const adamas_tensor *tensors, const void *workspace,
                      size_t workspaceBytes) const;

  std::shared_ptr<const GpuContext> context;
  std::shared_ptr<const Bundle> contents;
  std::map<size_t, cuda::Module> modules;           ///< By their place in the bundle's image.
  std::vector<std::vector<cuda::Function>> kernels; ///< As in the bundle's functions.
};

} // namespace adamas::impl

struct adamas_program {
  std::shared_ptr<adamas::impl::Program> program;
};

#endif // ADAMAS_RUNTIME_LIB_PROGRAM_H
