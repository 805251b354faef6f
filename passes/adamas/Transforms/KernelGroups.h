// Which staged ops run as one kernel.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_KERNELGROUPS_H
#define ADAMAS_TRANSFORMS_KERNELGROUPS_H

#include "adamas/IR/AdamasOps.h"

namespace mlir::adamas {

/// Staged ops of one level that follow each other.
struct KernelGroup {
  Level level;
  SmallVector<StagedOpInterface> ops;
};

/// The kernels of `block`, in order: a new one begins where the level changes.
SmallVector<KernelGroup> getKernelGroups(Block &block);

} // namespace mlir::adamas

#endif // ADAMAS_TRANSFORMS_KERNELGROUPS_H
