// adamas.kernel
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/AdamasOps.h"

using namespace mlir;
using namespace mlir::adamas;

LogicalResult KernelOp::verifyRegions() {
  auto yield = dyn_cast<YieldOp>(getBody().front().back());
  if (!yield)
    return emitOpError() << "expects its region to end with 'adamas.yield', but got '" << getBody().front().back().getName()
                         << "'";
  if (yield.getValues().getTypes() != getResultTypes())
    return emitOpError() << "expects the types of the yielded values to be those of the results";
  for (Operation &op : getBody().front().without_terminator()) {
    auto staged = dyn_cast<StagedOpInterface>(op);
    if (!staged)
      return emitOpError() << "expects staged ops in its region, but got '" << op.getName() << "'";
    if (!staged.getPlacementKind())
      return op.emitOpError() << "expects a placement inside a kernel, but got none; run 'adamas-assign-placements'";
  }
  for (Value value : yield.getValues())
    if (auto staged = value.getDefiningOp<StagedOpInterface>();
        staged && staged.getPlacementKind() != Placement::Global)
      return emitOpError() << "expects what is yielded to be placed in 'global', but got '"
                           << stringifyPlacement(*staged.getPlacementKind()) << "'";
  return success();
}
