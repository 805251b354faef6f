// Requests of the runtime compiled in memory for the CPU of this process.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/HostCompiler/HostFunction.h"
#include "adamas/Execution/ThreadPool.h"
#include "adamas/GpuCompiler/Request.h"
#include <map>
#include <mutex>

using namespace mlir;
using namespace mlir::adamas;

/// The pool of so many threads that every function shares: a model has several functions and runs one at a time.
static ThreadPool &sharedPool(unsigned threads) {
  static std::mutex mutex;
  // Never destroyed: at the end of a process its threads may be gone already.
  static auto &pools = *new std::map<unsigned, std::unique_ptr<ThreadPool>>();
  std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<ThreadPool> &pool = pools[threads];
  if (!pool)
    pool = std::make_unique<ThreadPool>(threads);
  return *pool;
}

llvm::Expected<std::unique_ptr<HostFunction>> HostFunction::compile(llvm::StringRef text, unsigned threads) {
  auto function = std::make_unique<HostFunction>();
  llvm::Error error =
      withModule(text, [&](const Request &request, const RequestModule &written, ModuleOp module) -> llvm::Error {
        if (request.chip != hostChip)
          return llvm::createStringError("expects the chip " + llvm::Twine(hostChip) + ", but got '" + request.chip +
                                         "'");
        HostOptions options;
        options.pool = &sharedPool(threads);
        auto compiled = Executable::compile(module, options);
        if (!compiled)
          return compiled.takeError();
        function->executable = std::move(*compiled);
        function->name = request.operation;
        function->arguments = written.arguments.size();
        function->values = written.arguments;
        llvm::append_range(function->values, written.results);
        return llvm::Error::success();
      });
  if (error)
    return std::move(error);
  return function;
}

llvm::Error HostFunction::call(ArrayRef<BufferView> buffers) {
  if (buffers.size() != values.size())
    return llvm::createStringError("'%s' expects %zu values, but got %zu", name.c_str(), values.size(), buffers.size());
  return executable->run(name, buffers.take_front(arguments), buffers.drop_front(arguments));
}
