// adamas-assign-placements: decides where each staged value lives.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/KernelGroups.h"
#include "adamas/Transforms/Passes.h"

namespace mlir::adamas {
#define GEN_PASS_DEF_ADAMASASSIGNPLACEMENTS
#include "adamas/Transforms/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

// Bytes of a row of a value that a GPU keeps in shared memory: a few such values fit a CTA.
static constexpr int64_t sharedRowBytes = 48 * 1024;

/// Whether a row of `op`'s result is too long for a GPU's shared memory.
static bool isLong(StagedOpInterface op) {
  if (!isa<CompactOp, DistanceOpInterface, HistogramOp, JoinOp>(op.getOperation()))
    return false;
  return cast<ShapedType>(op->getResult(0).getType()).getShape().back() * 4 > sharedRowBytes;
}

/// Where the results of `op`, one of `group`, live.
static Placement place(StagedOpInterface op, const KernelGroup &group, Processor processor) {
  bool leaves = llvm::any_of(op->getUsers(), [&](Operation *user) {
    auto staged = dyn_cast<StagedOpInterface>(user);
    return !staged || !llvm::is_contained(group.ops, staged);
  });
  if (leaves)
    return Placement::Global;
  // A rotated row fits the register file where its users take it row by row.
  if (isa<HadamardOp>(op.getOperation()) && llvm::all_of(op->getUsers(), llvm::IsaPred<BucketizePackOp, WeighOp>))
    return Placement::Registers;
  // A block of tokens of a GPU is measured and counted in registers.
  if (processor == Processor::Gpu && group.level == Level::Token && isa<DistanceOpInterface>(op.getOperation()))
    return Placement::Registers;
  return processor == Processor::Gpu && isLong(op) ? Placement::Global : Placement::Shared;
}

namespace {
struct AssignPlacements : mlir::adamas::impl::AdamasAssignPlacementsBase<AssignPlacements> {
  using AdamasAssignPlacementsBase::AdamasAssignPlacementsBase;

  void runOnOperation() override {
    for (Block &block : getOperation().getBody())
      for (const KernelGroup &group : getKernelGroups(block, processor))
        for (StagedOpInterface op : group.ops)
          op.setPlacementKind(place(op, group, processor));
  }
};
} // namespace
