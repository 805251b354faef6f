// The parallel loop that compiled host functions call.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/ThreadPool.h"
#include "llvm/Support/Threading.h"
#include <algorithm>
#include <dlfcn.h>

using namespace mlir::adamas;

static thread_local ThreadPool *currentPool = nullptr;

static unsigned resolveThreads(unsigned threads) {
  return threads ? threads : llvm::hardware_concurrency().compute_thread_count();
}

ParallelRegion mlir::adamas::findParallelRegion() {
  return reinterpret_cast<ParallelRegion>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
}

ThreadPool::ThreadPool(unsigned threads, ParallelRegion region)
    : count(resolveThreads(threads)), region(region), workers([&] {
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
  const auto helpful = static_cast<unsigned>(std::min<int64_t>(count, total));
  if (helpful < 2)
    return work();
  if (region)
    return region([](void *body) { (*static_cast<decltype(work) *>(body))(); }, &work, count, /*flags=*/0);
  llvm::ThreadPoolTaskGroup group(workers);
  for (unsigned i = 1; i < helpful; ++i)
    group.async(work);
  work();
  group.wait();
}

ThreadPoolScope::ThreadPoolScope(ThreadPool &pool) : previous(currentPool) { currentPool = &pool; }
ThreadPoolScope::~ThreadPoolScope() { currentPool = previous; }

void adamas_parallel_for(ThreadPool::Item item, void *context, int64_t batches, int64_t heads, int64_t blocks) {
  currentPool->run(item, context, batches, heads, blocks);
}
