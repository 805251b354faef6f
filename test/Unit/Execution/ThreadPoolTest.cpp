// The parallel loop of compiled functions.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/ThreadPool.h"
#include "gtest/gtest.h"
#include <thread>
#include <vector>

using namespace mlir::adamas;

namespace {

TEST(ThreadPool, CallsEveryItemOnce) {
  for (unsigned threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    std::vector<std::atomic<int>> calls(3 * 4 * 5);
    ThreadPoolScope scope(pool);
    adamas_parallel_for(
        [](void *context, int64_t b, int64_t h, int64_t p) {
          ++(*static_cast<std::vector<std::atomic<int>> *>(context))[(b * 4 + h) * 5 + p];
        },
        &calls, 3, 4, 5);
    for (auto &count : calls)
      EXPECT_EQ(count, 1);
  }
}

/// As an OpenMP runtime does it.
static unsigned teamSize = 0;
static void runTeam(void (*body)(void *), void *data, unsigned threads, unsigned /*flags*/) {
  teamSize = threads;
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i)
    others.emplace_back(body, data);
  body(data);
  for (std::thread &other : others)
    other.join();
}

TEST(ThreadPool, TakesTheTeamOfAnOpenMpRuntime) {
  ThreadPool pool(3, runTeam);
  std::atomic<int> calls = 0;
  auto call = [](void *context, int64_t, int64_t, int64_t) { ++*static_cast<std::atomic<int> *>(context); };
  pool.run(call, &calls, 2, 5, 1);
  EXPECT_EQ(calls, 10);
  EXPECT_EQ(teamSize, 3u);
}

TEST(ThreadPool, OneItemNeedsNoTeam) {
  teamSize = 0;
  ThreadPool pool(3, runTeam);
  std::atomic<int> calls = 0;
  auto call = [](void *context, int64_t, int64_t, int64_t) { ++*static_cast<std::atomic<int> *>(context); };
  pool.run(call, &calls, 1, 1, 1);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(teamSize, 0u);
}

TEST(ThreadPool, NoItemsIsNoWork) {
  ThreadPool pool(2);
  pool.run([](void *, int64_t, int64_t, int64_t) { FAIL(); }, nullptr, 0, 3, 3);
  pool.run([](void *, int64_t, int64_t, int64_t) { FAIL(); }, nullptr, 3, 3, 0);
}

} // namespace
