// The parallel loop of compiled functions.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Execution/ThreadPool.h"
#include "gtest/gtest.h"
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

TEST(ThreadPool, NoItemsIsNoWork) {
  ThreadPool pool(2);
  pool.run([](void *, int64_t, int64_t, int64_t) { FAIL(); }, nullptr, 0, 3, 3);
  pool.run([](void *, int64_t, int64_t, int64_t) { FAIL(); }, nullptr, 3, 3, 0);
}

} // namespace
