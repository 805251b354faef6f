// The floor of every scan: how fast this machine reads memory.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Bandwidth.h"
#include "adamas/Execution/ThreadPool.h"
#include <algorithm>
#include <chrono>
#include <vector>

using namespace mlir::adamas;

double bench::medianSeconds(unsigned repeat, llvm::function_ref<void()> body) {
  std::vector<double> seconds;
  for (unsigned i = 0; i <= repeat; ++i) {
    auto start = std::chrono::steady_clock::now();
    body();
    std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (i)
      seconds.push_back(elapsed.count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + seconds.size() / 2, seconds.end());
  return seconds[seconds.size() / 2];
}

namespace {
struct Share {
  const std::vector<uint64_t> *data;
  std::vector<uint64_t> *sums;
  int64_t shares;
};
} // namespace

double bench::measureReadBandwidth(int64_t bytes, unsigned threads, unsigned repeat) {
  std::vector<uint64_t> data(bytes / 8, 1), sums(64, 0);
  ThreadPool pool(threads);
  Share share{&data, &sums, int64_t(pool.size()) * 4};
  double seconds = medianSeconds(repeat, [&] {
    pool.run(
        [](void *context, int64_t, int64_t, int64_t part) {
          auto &s = *static_cast<Share *>(context);
          int64_t begin = s.data->size() * part / s.shares, end = s.data->size() * (part + 1) / s.shares;
          uint64_t sum = 0;
          for (int64_t i = begin; i < end; ++i)
            sum += (*s.data)[i];
          (*s.sums)[part % 64] = sum;
        },
        &share, 1, 1, share.shares);
  });
  return double(data.size() * 8) / seconds;
}
