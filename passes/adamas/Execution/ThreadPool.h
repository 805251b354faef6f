// The parallel loop that compiled host functions call.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_EXECUTION_THREADPOOL_H
#define ADAMAS_EXECUTION_THREADPOOL_H

#include "llvm/Support/ThreadPool.h"
#include <atomic>
#include <cstdint>

namespace mlir::adamas {

/// Runs the work items of a kernel on a fixed number of threads, the caller's included.
class ThreadPool {
public:
  /// `threads` 0: all that the process may use.
  explicit ThreadPool(unsigned threads);

  unsigned size() const { return count; }

  using Item = void (*)(void *context, int64_t batch, int64_t head, int64_t block);

  /// Calls `item` once for every (batch, head, block) below the given counts; returns when all calls have.
  void run(Item item, void *context, int64_t batches, int64_t heads, int64_t blocks);

private:
  unsigned count;
  llvm::DefaultThreadPool workers;
};

/// The pool that `adamas_parallel_for` uses on this thread.
class ThreadPoolScope {
public:
  explicit ThreadPoolScope(ThreadPool &pool);
  ~ThreadPoolScope();

private:
  ThreadPool *previous;
};

} // namespace mlir::adamas

extern "C" void adamas_parallel_for(mlir::adamas::ThreadPool::Item item, void *context, int64_t batches, int64_t heads,
                                    int64_t blocks);

#endif // ADAMAS_EXECUTION_THREADPOOL_H
