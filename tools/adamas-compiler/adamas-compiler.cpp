// The C interface of the compiler: requests of the runtime to bundles, and to functions for the CPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/GpuCompiler/GpuCompiler.h"
#include "adamas/HostCompiler/HostFunction.h"
#include "adamas/compiler.h"
#include "llvm/Config/llvm-config.h"

using namespace mlir::adamas;

struct adamas_compiler_function {
  std::unique_ptr<HostFunction> host;
};

/// Gives the error's text to the caller.
static int refuse(llvm::Error error, adamas_compiler_sink fail, void *user) {
  std::string message = llvm::toString(std::move(error));
  fail(user, message.data(), message.size());
  return 1;
}

int adamas_compiler_compile(const char *request, size_t request_size, adamas_compiler_sink deliver,
                            adamas_compiler_sink fail, void *user) {
  GpuCompileTimes times;
  llvm::Expected<std::string> bundle = compileRequest(llvm::StringRef(request, request_size), times);
  if (bundle) {
    deliver(user, bundle->data(), bundle->size());
    return 0;
  }
  return refuse(bundle.takeError(), fail, user);
}

int adamas_compiler_load(const char *request, size_t request_size, int32_t threads, adamas_compiler_function **function,
                         adamas_compiler_sink fail, void *user) {
  auto host = HostFunction::compile(llvm::StringRef(request, request_size), threads);
  if (!host)
    return refuse(host.takeError(), fail, user);
  *function = new adamas_compiler_function{std::move(*host)};
  return 0;
}

const char *adamas_compiler_value_name(const adamas_compiler_function *function, size_t index) {
  const std::vector<std::string> &names = function->host->names();
  return index < names.size() ? names[index].c_str() : nullptr;
}

int adamas_compiler_call(const adamas_compiler_function *function, const adamas_tensor *values, size_t count,
                         adamas_compiler_sink fail, void *user) {
  llvm::SmallVector<BufferView, 12> buffers;
  for (const adamas_tensor &value : llvm::ArrayRef(values, count))
    buffers.push_back(BufferView{value.data, llvm::SmallVector<int64_t>(value.sizes, value.sizes + value.rank),
                                 llvm::SmallVector<int64_t>(value.strides, value.strides + value.rank)});
  if (llvm::Error error = function->host->call(buffers))
    return refuse(std::move(error), fail, user);
  return 0;
}

void adamas_compiler_unload(adamas_compiler_function *function) { delete function; }

const char *adamas_compiler_version(void) { return "adamas " ADAMAS_VERSION ", llvm " LLVM_VERSION_STRING; }
