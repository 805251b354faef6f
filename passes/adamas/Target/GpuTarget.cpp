// What the compiler knows of an NVIDIA GPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Target/GpuTarget.h"
#include <string>

using namespace mlir::adamas;

static constexpr int64_t kib = 1024, mib = 1024 * kib;

static const GpuTarget targets[] = {
    {"sm_80", 80, 80, 108, 163 * kib, true, 1835, 40 * mib},
    {"sm_86", 86, 80, 84, 99 * kib, true, 691, 6 * mib},
    {"sm_89", 89, 80, 142, 99 * kib, true, 778, 96 * mib},
    {"sm_90", 90, 81, 132, 227 * kib, true, 2980, 50 * mib},
    {"sm_90a", 90, 81, 132, 227 * kib, true, 2980, 50 * mib},
    {"sm_100", 100, 86, 148, 227 * kib, false, 7200, 126 * mib},
    {"sm_100a", 100, 86, 148, 227 * kib, false, 7200, 126 * mib},
    {"sm_103", 103, 88, 148, 227 * kib, false, 7200, 126 * mib},
    {"sm_120", 120, 87, 170, 99 * kib, false, 1613, 96 * mib},
    {"sm_120a", 120, 87, 170, 99 * kib, false, 1613, 96 * mib},
};

llvm::ArrayRef<GpuTarget> GpuTarget::all() { return targets; }

int64_t GpuTarget::sharedBytesOf(int64_t sm) {
  for (const GpuTarget &target : targets)
    if (target.sm == sm)
      return target.sharedBytes;
  return 227 * kib;
}

llvm::Expected<GpuTarget> GpuTarget::get(llvm::StringRef chip) {
  std::string known;
  for (const GpuTarget &target : targets) {
    if (target.chip == chip)
      return target;
    known += (known.empty() ? "" : ", ") + target.chip.str();
  }
  return llvm::createStringError("expects a chip among " + known + ", but got '" + chip + "'");
}
