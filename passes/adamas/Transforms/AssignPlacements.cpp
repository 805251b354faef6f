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

/// Where the results of `op`, one of `group`, live.
static Placement place(StagedOpInterface op, const KernelGroup &group) {
  bool leaves = llvm::any_of(op->getUsers(), [&](Operation *user) {
    auto staged = dyn_cast<StagedOpInterface>(user);
    return !staged || !llvm::is_contained(group.ops, staged);
  });
  if (leaves)
    return Placement::Global;
  // A rotated row fits the register file where its users take it row by row.
  if (isa<HadamardOp>(op.getOperation()) && llvm::all_of(op->getUsers(), llvm::IsaPred<BucketizePackOp, WeighOp>))
    return Placement::Registers;
  return Placement::Shared;
}

namespace {
struct AssignPlacements : mlir::adamas::impl::AdamasAssignPlacementsBase<AssignPlacements> {
  void runOnOperation() override {
    for (Block &block : getOperation().getBody())
      for (const KernelGroup &group : getKernelGroups(block))
        for (StagedOpInterface op : group.ops)
          op.setPlacementKind(place(op, group));
  }
};
} // namespace
