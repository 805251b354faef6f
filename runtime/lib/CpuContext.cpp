// The CPU as a place for plans: host memory, and what is known of the processor.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Context.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sched.h>
#include <unistd.h>

using namespace adamas::impl;

// A cache line, and the widest vector.
static constexpr size_t memoryAlignment = 64;
static constexpr int mostThreads = 4096;

static int availableThreads() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

static std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (size_t colon = line.find(": "); line.rfind("model name", 0) == 0 && colon != std::string::npos)
      return line.substr(colon + 2);
  return "CPU";
}

static void checkStream(const void *stream) {
  if (stream)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "stream: expected null on the CPU, which has none, but got %p", stream);
}

CpuContext::CpuContext(int threads) {
  if (threads < 0 || threads > mostThreads)
    fail(ADAMAS_ERROR_INVALID_ARGUMENT, "threads: expected 1 to %d, or 0 for all, but got %d", mostThreads, threads);
  properties.struct_size = sizeof(properties);
  properties.ordinal = -1;
  properties.multiprocessors = threads ? threads : availableThreads();
  properties.memory_bytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  snprintf(properties.name, sizeof(properties.name), "%s", processorName().c_str());
  snprintf(properties.chip, sizeof(properties.chip), "x86");
}

void *CpuContext::allocate(size_t size) const {
  void *memory = nullptr;
  if (posix_memalign(&memory, memoryAlignment, size ? size : 1) != 0)
    fail(ADAMAS_ERROR_OUT_OF_MEMORY, "host memory: expected %zu free bytes, but the allocation failed", size);
  return memory;
}

void CpuContext::free(void *memory) const { ::free(memory); }

void CpuContext::write(void *memory, const void *host, size_t size, void *stream) const {
  checkStream(stream);
  memmove(memory, host, size);
}

void CpuContext::read(void *host, const void *memory, size_t size, void *stream) const {
  write(host, memory, size, stream);
}

void CpuContext::synchronize(void *stream) const { checkStream(stream); }
