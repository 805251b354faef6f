// Which staged ops run as one kernel.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/KernelGroups.h"
#include "llvm/ADT/TypeSwitch.h"
#include <functional>

using namespace mlir;
using namespace mlir::adamas;

int64_t mlir::adamas::countParts(Value value, int64_t trailing) {
  auto shape = cast<ShapedType>(value.getType()).getShape();
  return shape[shape.size() - trailing - 1];
}

Level mlir::adamas::getLevelOn(Processor processor, StagedOpInterface op) {
  if (processor == Processor::Cpu)
    return op.getLevel();
  // Lists and outputs of a single part, or that a cluster or the last CTA has, are whole: nothing outside has to be
  // waited for.
  auto whole = [](Value value, int64_t trailing) {
    auto producer = value.getDefiningOp<StagedOpInterface>();
    return (producer && producer.hasMeetingParts()) || countParts(value, trailing) == 1 ? Level::Part : Level::Row;
  };
  // Parts that a cluster measures or counts stay in it.
  auto scan = [](StagedOpInterface o, Value candidates) {
    return candidates || o.getPlacementKind() == Placement::Cluster ? Level::Part : Level::Token;
  };
  return llvm::TypeSwitch<Operation *, Level>(op.getOperation())
      .Case([&](DistanceOpInterface o) { return scan(op, o.getCandidateList()); })
      .Case([&](HistogramOp o) { return scan(op, o.getCandidates()); })
      .Case<HadamardOp, BucketizePackOp, WeighOp>([&](auto) {
        // What is not kept for other kernels is made where it is used.
        bool near = op.getPlacementKind().value_or(Placement::Global) != Placement::Global;
        auto user = near && !op->use_empty() ? dyn_cast<StagedOpInterface>(*op->user_begin()) : nullptr;
        return user ? getLevelOn(processor, user) : op.getLevel();
      })
      .Case<ThresholdOp, CompactOp, PartialAttentionOp, AddPartAxisOp>([](auto) { return Level::Part; })
      .Case([&](JoinOp o) { return o.getPlacement() == Placement::Cluster ? Level::Part : whole(o.getLengths(), 0); })
      .Case([&](MergeAttentionOp o) { return whole(o.getLse(), 0); })
      .Default([&](Operation *) { return op.getLevel(); });
}

SmallVector<Operation *> mlir::adamas::getReaders(AppendOp append) {
  SmallVector<Operation *> readers;
  for (Operation *user : append->getUsers())
    if (isa<PagedViewOp>(user))
      llvm::append_range(readers, user->getUsers());
    else
      readers.push_back(user);
  return readers;
}

/// Whether `op` makes rows of the query's side for a kernel of another level that uses them.
static bool isMadeWhereUsed(Processor processor, StagedOpInterface op) {
  return processor == Processor::Gpu && isa<HadamardOp, BucketizePackOp, WeighOp>(op.getOperation()) &&
         op.getLevel() == Level::Row && getLevelOn(processor, op) != Level::Row;
}

SmallVector<KernelGroup> mlir::adamas::getKernelGroups(Block &block, Processor processor) {
  SmallVector<StagedOpInterface> left;
  for (Operation &op : block)
    if (auto staged = dyn_cast<StagedOpInterface>(op); staged && !isMadeWhereUsed(processor, staged))
      left.push_back(staged);
  std::function<bool(StagedOpInterface)> isReady = [&](StagedOpInterface op) {
    return llvm::all_of(op->getOperands(), [&](Value operand) {
      auto producer = operand.getDefiningOp<StagedOpInterface>();
      return !producer ||
             (isMadeWhereUsed(processor, producer) ? isReady(producer) : !llvm::is_contained(left, producer));
    });
  };
  SmallVector<KernelGroup> groups;
  while (!left.empty()) {
    auto ready = [&](std::optional<Level> level) {
      return llvm::find_if(
          left, [&](StagedOpInterface op) { return (!level || getLevelOn(processor, op) == *level) && isReady(op); });
    };
    auto next = groups.empty() ? left.end() : ready(groups.back().level);
    if (next == left.end()) {
      next = ready(std::nullopt);
      groups.push_back({getLevelOn(processor, *next), {}});
    }
    // With it what only it uses.
    std::function<void(StagedOpInterface)> take = [&](StagedOpInterface op) {
      for (Value operand : op->getOperands())
        if (auto producer = operand.getDefiningOp<StagedOpInterface>();
            producer && isMadeWhereUsed(processor, producer) && !llvm::is_contained(groups.back().ops, producer))
          take(producer);
      groups.back().ops.push_back(op);
    };
    take(*next);
    left.erase(next);
  }
  return groups;
}
