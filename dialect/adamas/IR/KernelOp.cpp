// adamas.kernel and adamas.launch
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/AdamasOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::adamas;

LogicalResult KernelOp::verifyRegions() {
  if (getBody().getNumArguments() != 0)
    return emitOpError() << "expects its region to have no arguments, but got " << getBody().getNumArguments();
  auto yield = dyn_cast<YieldOp>(getBody().front().back());
  if (!yield)
    return emitOpError() << "expects its region to end with 'adamas.yield', but got '"
                         << getBody().front().back().getName() << "'";
  if (yield.getValues().getTypes() != getResultTypes())
    return emitOpError() << "expects the types of the yielded values to be those of the results";
  for (Operation &op : getBody().front().without_terminator()) {
    if (auto append = dyn_cast<AppendOp>(op)) {
      bool clustered = append.getPlacement() == Placement::Cluster;
      if (getLevel() != (clustered ? Level::Part : Level::Row))
        return op.emitOpError() << "expects level '" << (clustered ? "part" : "row") << "' inside a kernel where it is "
                                << (clustered ? "" : "not ") << "placed in 'cluster', but got level '"
                                << stringifyLevel(getLevel()) << "'; leave it outside";
      continue;
    }
    if (auto view = dyn_cast<PagedViewOp>(op); view && view.getPool().getDefiningOp<AppendOp>())
      continue;
    auto staged = dyn_cast<StagedOpInterface>(op);
    if (!staged)
      return emitOpError() << "expects staged ops in its region, but got '" << op.getName() << "'";
    if (!staged.getPlacementKind())
      return op.emitOpError() << "expects a placement inside a kernel, but got none; run 'adamas-assign-placements'";
    if (auto gpu = dyn_cast<GpuAttr>(getSchedule()); gpu && gpu.getEngine() == Engine::S8 && isa<L1DistanceOp>(op))
      return op.emitOpError() << "expects an engine that measures it, but s8 is for weighted distances; use popc";
    auto attention = dyn_cast<PartialAttentionOp>(op);
    if (auto gpu = dyn_cast<GpuAttr>(getSchedule()); gpu && attention && gpu.getAttention() == AttentionEngine::Mma) {
      auto query = attention.getQuery().getType();
      if (query.getElementType().isF32() || query.getShape().back() % 64 != 0)
        return op.emitOpError() << "expects f16 or bf16 and a dimension that 64 divides where attention is by matrix "
                                   "products, but got "
                                << query.getShape().back() << " of " << query.getElementType() << "; take fma";
      int64_t heads = query.getShape().drop_back().back(), shared = attention.getHeadsPerItem();
      if (shared > 16)
        return op.emitOpError() << "expects at most 16 heads that share their tokens where attention is by matrix "
                                   "products, but got "
                                << heads << " heads for " << heads / shared << " lists; take fma";
    }
    if (staged.hasMeetingParts() && getLevel() != Level::Part)
      return op.emitOpError() << "expects placement '" << stringifyPlacement(*staged.getPlacementKind())
                              << "' in kernels of parts only, but got it at level '" << stringifyLevel(getLevel())
                              << "'";
    if (staged.getPlacementKind() == Placement::Grid && !isa<PartialAttentionOp>(op))
      return op.emitOpError() << "expects placement 'grid' of partial attention only";
  }
  // What is made outside is in global memory already, and so are pools that are written.
  for (Value value : yield.getValues())
    if (auto staged = value.getDefiningOp<StagedOpInterface>();
        staged && staged->getBlock() == yield->getBlock() && staged.getPlacementKind() != Placement::Global)
      return emitOpError() << "expects what is yielded to be placed in 'global', but got '"
                           << stringifyPlacement(*staged.getPlacementKind()) << "'";
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto function = symbols.lookupNearestSymbolFrom<func::FuncOp>(*this, getKernelAttr());
  if (!function)
    return emitOpError() << "expects '@" << getKernel() << "' to name a function";
  SmallVector<Type> inputs(3, IndexType::get(getContext()));
  llvm::append_range(inputs, getArguments().getTypes());
  auto expected = FunctionType::get(getContext(), inputs, {});
  if (function.getFunctionType() != expected)
    return emitOpError() << "expects '@" << getKernel() << "' to have type " << expected << ", but got "
                         << function.getFunctionType();
  return success();
}

Value mlir::adamas::getYieldedValue(Value value) {
  if (auto kernel = value.getDefiningOp<KernelOp>())
    return cast<YieldOp>(kernel.getBody().front().back()).getValues()[cast<OpResult>(value).getResultNumber()];
  return value;
}

SmallVector<Operation *> mlir::adamas::getUsersAcrossKernels(Value value) {
  SmallVector<Operation *> users;
  for (OpOperand &use : value.getUses()) {
    if (auto yield = dyn_cast<YieldOp>(use.getOwner()))
      llvm::append_range(users, yield->getParentOp()->getResult(use.getOperandNumber()).getUsers());
    else
      users.push_back(use.getOwner());
  }
  return users;
}

bool mlir::adamas::isSelectedOnce(Value distances) {
  auto op = getYieldedValue(distances).getDefiningOp<DistanceOpInterface>();
  if (!op || op.getCandidateList())
    return false;
  CompactOp compact;
  for (Operation *user : getUsersAcrossKernels(op->getResult(0))) {
    auto found = dyn_cast<CompactOp>(user);
    if ((!found && !isa<HistogramOp>(user)) || (found && compact))
      return false;
    compact = found ? found : compact;
  }
  if (!compact)
    return false;
  auto kernel = op->getParentOfType<KernelOp>();
  Operation *side = op.getQuerySide().getDefiningOp();
  return compact->getParentOfType<KernelOp>() == kernel || !side || side->getParentOfType<KernelOp>() != kernel;
}
