// The C interface of the compiler: requests of the runtime to bundles.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/GpuCompiler/GpuCompiler.h"
#include "adamas/compiler.h"
#include "llvm/Config/llvm-config.h"

using namespace mlir::adamas;

int adamas_compiler_compile(const char *request, size_t request_size, adamas_compiler_sink deliver,
                            adamas_compiler_sink fail, void *user) {
  GpuCompileTimes times;
  llvm::Expected<std::string> bundle = compileRequest(llvm::StringRef(request, request_size), times);
  if (bundle) {
    deliver(user, bundle->data(), bundle->size());
    return 0;
  }
  std::string message = llvm::toString(bundle.takeError());
  fail(user, message.data(), message.size());
  return 1;
}

const char *adamas_compiler_version(void) { return "adamas " ADAMAS_VERSION ", llvm " LLVM_VERSION_STRING; }
