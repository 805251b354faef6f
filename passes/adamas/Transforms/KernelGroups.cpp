// Which staged ops run as one kernel.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/KernelGroups.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::adamas;

/// Parts of a value whose axis before the last `trailing` ones counts them.
static int64_t getParts(Value value, int64_t trailing) {
  auto shape = cast<ShapedType>(value.getType()).getShape();
  return shape[shape.size() - trailing - 1];
}

Level mlir::adamas::getLevelOn(Processor processor, StagedOpInterface op) {
  if (processor == Processor::Cpu)
    return op.getLevel();
  // Lists and outputs of a single part are whole: the CTA that made them has nothing to wait for.
  auto whole = [](Value value, int64_t trailing) { return getParts(value, trailing) == 1 ? Level::Part : Level::Row; };
  return llvm::TypeSwitch<Operation *, Level>(op.getOperation())
      .Case([](DistanceOpInterface o) { return o.getCandidateList() ? Level::Part : Level::Token; })
      .Case([](HistogramOp o) { return o.getCandidates() ? Level::Part : Level::Token; })
      .Case<ThresholdOp, CompactOp, PartialAttentionOp, AddPartAxisOp>([](auto) { return Level::Part; })
      .Case([&](JoinOp o) { return whole(o.getLengths(), 0); })
      .Case([&](MergeAttentionOp o) { return whole(o.getLse(), 0); })
      .Default([&](Operation *) { return op.getLevel(); });
}

SmallVector<KernelGroup> mlir::adamas::getKernelGroups(Block &block, Processor processor) {
  SmallVector<StagedOpInterface> left;
  for (Operation &op : block)
    if (auto staged = dyn_cast<StagedOpInterface>(op))
      left.push_back(staged);
  auto isReady = [&](StagedOpInterface op) {
    return llvm::all_of(op->getOperands(), [&](Value operand) {
      auto producer = operand.getDefiningOp<StagedOpInterface>();
      return !producer || !llvm::is_contained(left, producer);
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
    groups.back().ops.push_back(*next);
    left.erase(next);
  }
  return groups;
}
