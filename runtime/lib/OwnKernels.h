// Kernels of the runtime's own, beside those of bundles: text that the driver compiles.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_OWNKERNELS_H
#define ADAMAS_RUNTIME_LIB_OWNKERNELS_H

#include "Context.h"
#include <string>
#include <vector>

namespace adamas::impl {

/// A module of PTX. Each kernel takes one block of parameters by value.
class OwnKernels {
public:
  OwnKernels(std::shared_ptr<const GpuContext> context, const char *text, std::initializer_list<const char *> names);
  ~OwnKernels();
  OwnKernels(const OwnKernels &) = delete;
  OwnKernels &operator=(const OwnKernels &) = delete;

  const GpuContext &device() const { return *context; }

  template <typename Block>
  void launch(const char *name, int64_t blocks, unsigned threads, const Block &block, cuda::Stream stream) const {
    launchBytes(name, blocks, threads, &block, sizeof(block), stream);
  }

private:
  void launchBytes(const char *name, int64_t blocks, unsigned threads, const void *block, size_t bytes,
                   cuda::Stream stream) const;

  std::shared_ptr<const GpuContext> context;
  cuda::Module module = nullptr;
  std::vector<std::pair<std::string, cuda::Function>> functions;
};

/// As blocks hold pointers.
inline uint64_t deviceAddress(const void *pointer) { return reinterpret_cast<uintptr_t>(pointer); }

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_OWNKERNELS_H
