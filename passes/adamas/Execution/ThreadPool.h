// The parallel loop that compiled host functions call.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_EXECUTION_THREADPOOL_H
#define ADAMAS_EXECUTION_THREADPOOL_H

#include "llvm/Support/ThreadPool.h"
#include <atomic>
#include <cstdint>

namespace mlir::adamas {

/// Runs `body` on a team of `threads`, the caller among them, and returns when all are done: an entry that the OpenMP
/// runtimes of GNU, LLVM and Intel have in common.
using ParallelRegion = void (*)(void (*body)(void *), void *data, unsigned threads, unsigned flags);

/// The one of the OpenMP runtime that this process has, null where it has none. PyTorch brings one.
ParallelRegion findParallelRegion();

/// Runs the work items of a kernel on a fixed number of threads, the caller's included. Those of an OpenMP runtime are
/// taken where there is one: they are awake from the operator before, where a thread of ours takes fifty microseconds
/// to wake, and two teams would wait for each other's turn on the same cores.
class ThreadPool {
public:
  /// `threads` 0: all that the process may use.
  explicit ThreadPool(unsigned threads, ParallelRegion region = findParallelRegion());

  unsigned size() const { return count; }

  using Item = void (*)(void *context, int64_t batch, int64_t head, int64_t block);

  /// Calls `item` once for every (batch, head, block) below the given counts; returns when all calls have.
  void run(Item item, void *context, int64_t batches, int64_t heads, int64_t blocks);

private:
  unsigned count;
  ParallelRegion region;
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
