// The parallel loop that compiled host functions call.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/ThreadPool.h"
#include "llvm/Support/Threading.h"
#include <algorithm>

using namespace mlir::adamas;

static thread_local ThreadPool *currentPool = nullptr;

static unsigned resolveThreads(unsigned threads) {
  return threads ? threads : llvm::hardware_concurrency().compute_thread_count();
}

ThreadPool::ThreadPool(unsigned threads)
    : count(resolveThreads(threads)), workers([&] {
        // The caller works too.
        llvm::ThreadPoolStrategy strategy = llvm::hardware_concurrency(std::max(1u, count - 1));
        strategy.Limit = false;
        return strategy;
      }()) {}

void ThreadPool::run(Item item, void *context, int64_t batches, int64_t heads, int64_t blocks) {
  const int64_t total = batches * heads * blocks;
  std::atomic<int64_t> next{0};
  // Items are handed out one by one: rows of a ragged batch differ in length.
  auto work = [&] {
    for (int64_t i = next++; i < total; i = next++)
      item(context, i / (heads * blocks), i / blocks % heads, i % blocks);
  };
  llvm::ThreadPoolTaskGroup group(workers);
  for (int64_t i = 1; i < std::min<int64_t>(count, total); ++i)
    group.async(work);
  work();
  group.wait();
}

ThreadPoolScope::ThreadPoolScope(ThreadPool &pool) : previous(currentPool) { currentPool = &pool; }
ThreadPoolScope::~ThreadPoolScope() { currentPool = previous; }

void adamas_parallel_for(ThreadPool::Item item, void *context, int64_t batches, int64_t heads, int64_t blocks) {
  currentPool->run(item, context, batches, heads, blocks);
}
