// adamas-bench-jit: how long a plan takes from its descriptor to launched kernels, for each metric.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Run it twice with one ADAMAS_CACHE_DIR: the first time the compiler makes the bundles, the second they are on disk.
// Times leave out the driver's context; the compiler's library counts where it is opened first, and has a column of its
// own.

#include "adamas/runtime.hpp"
#include <chrono>
#include <cstdio>
#include <vector>

using Clock = std::chrono::steady_clock;

static double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

static void check(adamas_status status) {
  if (status != ADAMAS_OK)
    throw std::runtime_error(std::string(adamas_status_name(status)) + ": " + adamas_last_error());
}

/// Device memory of a step with 8,192 tokens; what it holds does not matter here.
struct Step {
  explicit Step(adamas_context *context) {
    auto allocate = [&](size_t bytes) {
      void *memory = nullptr;
      check(adamas_memory_allocate(context, bytes, &memory));
      std::vector<char> zeros(bytes);
      check(adamas_memory_write(context, memory, zeros.data(), bytes, nullptr));
      return memory;
    };
    cache.struct_size = sizeof(cache);
    cache.key = allocate(8 * 8192 * 256);
    cache.value = allocate(8 * 8192 * 256);
    cache.codes = allocate(8 * 8192 * 64);
    cache.tokens = 8192;
    int32_t length = 8192;
    void *lengths = allocate(4);
    check(adamas_memory_write(context, lengths, &length, 4, nullptr));
    cache.seq_lens = static_cast<const int32_t *>(lengths);
    args.struct_size = sizeof(args);
    args.cache = &cache;
    args.batch = 1;
    args.query = allocate(32 * 256);
    std::vector<float> sets(8 * 15);
    for (size_t i = 0; i < sets.size(); ++i)
      sets[i] = float(i % 15);
    void *thresholds = allocate(sets.size() * 4);
    check(adamas_memory_write(context, thresholds, sets.data(), sets.size() * 4, nullptr));
    args.thresholds = static_cast<const float *>(thresholds);
    args.output = allocate(32 * 256);
    workspace = allocate(workspaceSize);
  }
  static constexpr size_t workspaceSize = 64 << 20;
  adamas_cache cache = {};
  adamas_decode_args args = {};
  void *workspace = nullptr;
};

static void run() {
  adamas_context *context = nullptr;
  auto start = Clock::now();
  check(adamas_context_create(0, &context));
  printf("context %.1f ms\n", millisecondsSince(start));
  Step step(context);
  const char *names[] = {"l1", "weighted", "two_pass"};
  for (int metric : {ADAMAS_L1, ADAMAS_WEIGHTED, ADAMAS_TWO_PASS}) {
    adamas_plan_desc desc;
    adamas_plan_desc_init(&desc);
    desc.metric = metric;
    desc.bits = metric == ADAMAS_TWO_PASS ? 4 : 2;
    desc.max_seq_len = 8192;
    desc.operations = ADAMAS_DECODE;
    adamas_plan *plan = nullptr;
    start = Clock::now();
    check(adamas_plan_create(context, &desc, &plan));
    double planned = millisecondsSince(start);
    check(adamas_plan_run(plan, &step.args, step.workspace, Step::workspaceSize, nullptr));
    double launched = millisecondsSince(start);
    check(adamas_stream_synchronize(context, nullptr));
    double done = millisecondsSince(start);
    start = Clock::now();
    for (int i = 0; i < 100; ++i)
      check(adamas_plan_run(plan, &step.args, step.workspace, Step::workspaceSize, nullptr));
    double host = millisecondsSince(start) * 10;
    check(adamas_stream_synchronize(context, nullptr));
    printf("%-9s plan %.2f ms, launched %.2f ms, done %.2f ms; then %.1f us of host time a step\n", names[metric],
           planned, launched, done, host);
    adamas_plan_destroy(plan);
  }
  adamas_context_destroy(context);
}

int main() {
  try {
    run();
  } catch (const std::exception &error) {
    fprintf(stderr, "adamas-bench-jit: %s\n", error.what());
    return 1;
  }
}
