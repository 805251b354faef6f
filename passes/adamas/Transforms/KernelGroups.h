// Which staged ops run as one kernel.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_KERNELGROUPS_H
#define ADAMAS_TRANSFORMS_KERNELGROUPS_H

#include "adamas/IR/AdamasOps.h"

namespace mlir::adamas {

/// Staged ops of one level.
struct KernelGroup {
  Level level;
  SmallVector<StagedOpInterface> ops;
};

/// What a work item of `op` is. A CPU's is as large as the parts allow, so that values stay in its caches. A GPU wants
/// many: blocks of tokens where codes are scanned, one selection and part where tokens are selected and attended, rows
/// where only queries and outputs are touched. There placements say more: see `adamas-assign-placements`.
Level getLevelOn(Processor processor, StagedOpInterface op);

/// Parts that `value` has rows of, where `trailing` axes follow the one that counts them.
int64_t countParts(Value value, int64_t trailing);

/// The ops that use the pools of `append`, those that use them by a paged view among them.
SmallVector<Operation *> getReaders(AppendOp append);

/// The kernels of `block`, in an order that respects uses: a group takes every op of its level whose operands are made
/// before a new one begins.
SmallVector<KernelGroup> getKernelGroups(Block &block, Processor processor);

} // namespace mlir::adamas

#endif // ADAMAS_TRANSFORMS_KERNELGROUPS_H
