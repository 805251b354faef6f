// Which staged ops run as one kernel.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/KernelGroups.h"

using namespace mlir;
using namespace mlir::adamas;

SmallVector<KernelGroup> mlir::adamas::getKernelGroups(Block &block) {
  SmallVector<KernelGroup> groups;
  for (Operation &op : block)
    if (auto staged = dyn_cast<StagedOpInterface>(op)) {
      if (groups.empty() || groups.back().level != staged.getLevel())
        groups.push_back({staged.getLevel(), {}});
      groups.back().ops.push_back(staged);
    }
  return groups;
}
