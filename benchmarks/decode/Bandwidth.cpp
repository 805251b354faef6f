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

/// Sums whole vectors with several chains, in the widest registers that the CPU has, so that memory is what limits it.
__attribute__((target_clones("avx512f", "avx2", "default"))) static uint64_t sumOf(const uint64_t *data,
                                                                                   int64_t count) {
  typedef uint64_t Vector __attribute__((vector_size(64), aligned(8)));
  Vector sums[4] = {};
  int64_t i = 0;
  for (; i + 32 <= count; i += 32)
    for (int64_t j = 0; j < 4; ++j)
      sums[j] += *reinterpret_cast<const Vector *>(data + i + 8 * j);
  Vector all = sums[0] + sums[1] + sums[2] + sums[3];
  uint64_t total = 0;
  for (int64_t lane = 0; lane < 8; ++lane)
    total += all[lane];
  for (; i < count; ++i)
    total += data[i];
  return total;
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
          (*s.sums)[part % 64] = sumOf(s.data->data() + begin, end - begin);
        },
        &share, 1, 1, share.shares);
  });
  return double(data.size() * 8) / seconds;
}
