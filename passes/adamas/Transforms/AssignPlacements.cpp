// adamas-assign-placements: decides where each staged value lives.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Target/GpuTarget.h"
#include "adamas/Transforms/KernelGroups.h"
#include "adamas/Transforms/LaunchChoice.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/IR/IRMapping.h"

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

/// New tokens that a step writes itself, and with which it compares its first keys: one for every sequence of a small
/// batch, or a few of one.
static constexpr int64_t mostAppended = 8;

/// The largest cluster that every GPU with clusters runs.
static constexpr int64_t portableCluster = 8;

template <typename... Ops> static bool usedOnlyBy(Operation *op) {
  return !op->use_empty() && llvm::all_of(op->getUsers(), llvm::IsaPred<Ops...>);
}

/// Whether `join` makes a candidate list whose users work on their own part of it: no CTA needs the others' slots then.
static bool staysDivided(JoinOp join) {
  int64_t ways = countParts(join.getLengths(), 0);
  if (ways == 1 || ways > portableCluster || !join.getJoinedLengths().use_empty() || join.getJoined().use_empty())
    return false;
  int64_t bins = 0;
  for (Operation *user : join.getJoined().getUsers()) {
    auto histogram = dyn_cast<HistogramOp>(user);
    auto compact = dyn_cast<CompactOp>(user);
    Value parts = histogram ? histogram.getParts() : compact ? compact.getParts() : Value();
    bool counted = histogram && countParts(histogram.getResult(), 1) == ways && usedOnlyBy<ThresholdOp>(histogram);
    bool listed = compact && countParts(compact.getLengths(), 0) == ways;
    bool measured = isa<DistanceOpInterface>(user) && usedOnlyBy<HistogramOp, CompactOp>(user);
    if (!measured && !(parts && (counted || listed)))
      return false;
    if (histogram)
      bins += histogram.getBins();
  }
  return fitsCluster(join.getJoined().getType().getShape().back(), bins, ways);
}

/// Places what stays in a cluster, or with the CTAs that use it, so that stages become one kernel. The rest is left for
/// `place`, which follows from the kernels.
static void fuse(Block &block, Fusion fusion, bool clusters) {
  SmallVector<StagedOpInterface> ops;
  for (Operation &op : block)
    if (auto staged = dyn_cast<StagedOpInterface>(op))
      ops.push_back(staged);
  // Distances come first: bins stay with the CTA that counts them only where it measures the whole part.
  auto stays = [](Operation *user) {
    auto histogram = dyn_cast<HistogramOp>(user);
    if (!histogram)
      return true;
    // Every CTA of the cluster takes the bins of all.
    int64_t ways = countParts(histogram.getResult(), 1), bytes = ways * histogram.getBins() * 4;
    return ways <= portableCluster && bytes <= 2 * sharedRowBytes && usedOnlyBy<ThresholdOp>(histogram);
  };
  for (StagedOpInterface op : ops) {
    auto distance = dyn_cast<DistanceOpInterface>(op.getOperation());
    if (fusion == Fusion::Step && distance && !distance.getCandidateList() && usedOnlyBy<HistogramOp, CompactOp>(op) &&
        llvm::all_of(op->getUsers(), stays)) {
      op.setPlacementKind(Placement::Cluster);
      for (Operation *user : op->getUsers())
        if (isa<HistogramOp>(user))
          cast<StagedOpInterface>(user).setPlacementKind(Placement::Cluster);
    }
    if (auto join = dyn_cast<JoinOp>(op.getOperation()); join && clusters && staysDivided(join)) {
      op.setPlacementKind(Placement::Cluster);
      for (Operation *user : join.getJoined().getUsers())
        if (isa<DistanceOpInterface, HistogramOp>(user))
          cast<StagedOpInterface>(user).setPlacementKind(Placement::Cluster);
    }
    auto attention = dyn_cast<PartialAttentionOp>(op.getOperation());
    if (!attention || !usedOnlyBy<MergeAttentionOp>(op))
      continue;
    // The cluster's first CTA takes the rows of all parts of an item. Where there is none, they pass through memory to
    // the CTA that is done last, if a kernel in front can see to the count of those that are.
    int64_t ways = countParts(attention.getLse(), 0), dim = attention.getOutput().getType().getShape().back();
    int64_t bytes = ways * attention.getHeadsPerItem() * (dim + 1) * 4;
    if (ways > 1 && clusters && ways <= portableCluster && bytes <= sharedRowBytes)
      op.setPlacementKind(Placement::Cluster);
    else if (ways > 1 && attention.getIndices())
      op.setPlacementKind(Placement::Grid);
  }
}

/// Rows of the query's side are cheap: each kernel that wants them makes its own. What is measured in clusters is one
/// kernel.
static void makeRowsWhereUsed(Block &block) {
  SmallVector<Operation *> ops;
  for (Operation &op : block)
    if (isa<BucketizePackOp, WeighOp>(op) && cast<StagedOpInterface>(op).getLevel() == Level::Row && !op.use_empty() &&
        llvm::all_of(op.getUsers(), llvm::IsaPred<DistanceOpInterface>))
      ops.push_back(&op);
  for (Operation *op : ops) {
    OpBuilder b(op);
    auto rotation = op->getOperand(0).getDefiningOp<HadamardOp>();
    Value ofCluster;
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
      bool near = cast<StagedOpInterface>(use.getOwner()).getPlacementKind() == Placement::Cluster;
      if (near && ofCluster) {
        use.set(ofCluster);
        continue;
      }
      IRMapping mapping;
      if (rotation && usedOnlyBy<BucketizePackOp, WeighOp>(rotation))
        cast<StagedOpInterface>(b.clone(*rotation, mapping)).setPlacementKind(Placement::Registers);
      Operation *copy = b.clone(*op, mapping);
      cast<StagedOpInterface>(copy).setPlacementKind(Placement::Shared);
      use.set(copy->getResult(0));
      if (near)
        ofCluster = copy->getResult(0);
    }
    op->erase();
    if (rotation && rotation->use_empty())
      rotation->erase();
  }
}

/// Puts new tokens into the one kernel that reads them, if it is few that each of its CTAs writes.
static void appendWhereRead(Block &block, int64_t batch) {
  SmallVector<KernelGroup> groups = getKernelGroups(block, Processor::Gpu);
  for (auto append : block.getOps<AppendOp>()) {
    int64_t tokens = append.getNewKey().getType().getDimSize(0);
    if ((ShapedType::isDynamic(tokens) ? batch : tokens) > mostAppended)
      continue;
    llvm::SmallPtrSet<KernelGroup *, 2> readers;
    for (Operation *reader : getReaders(append))
      for (KernelGroup &group : groups)
        if (auto staged = dyn_cast<StagedOpInterface>(reader); staged && llvm::is_contained(group.ops, staged))
          readers.insert(&group);
    if (readers.size() == 1 && (*readers.begin())->level == Level::Part)
      append.setPlacement(Placement::Cluster);
  }
}

/// Where the results of `op`, one of `group`, live.
static Placement place(StagedOpInterface op, const KernelGroup &group, Processor processor) {
  if (op.hasMeetingParts())
    return *op.getPlacementKind();
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
    Fusion fusion = this->fusion;
    llvm::Expected<GpuTarget> target = GpuTarget::get(chip);
    if (!target) {
      getOperation().emitError() << "option 'chip' " << llvm::toString(target.takeError());
      return signalPassFailure();
    }
    if (processor == Processor::Gpu && fusion == Fusion::Choose && failed(choose(fusion)))
      return signalPassFailure();
    for (Block &block : getOperation().getBody()) {
      for (Operation &op : block)
        if (isa<StagedOpInterface, AppendOp>(op))
          op.removeAttr("placement");
      if (processor == Processor::Gpu) {
        if (fusion != Fusion::Stages)
          fuse(block, fusion, target->hasDependentLaunch());
        if (fusion == Fusion::Step) {
          makeRowsWhereUsed(block);
          appendWhereRead(block, batch);
        }
      }
      for (const KernelGroup &group : getKernelGroups(block, processor))
        for (StagedOpInterface op : group.ops)
          op.setPlacementKind(place(op, group, processor));
    }
  }

  /// How much one launch does, for the parts that there are.
  LogicalResult choose(Fusion &fusion) {
    int64_t ways = 1;
    getOperation().walk([&](Operation *op) {
      if (auto compact = dyn_cast<CompactOp>(op))
        ways = std::max(ways, countParts(compact.getLengths(), 0));
      else if (auto attention = dyn_cast<PartialAttentionOp>(op))
        ways = std::max(ways, countParts(attention.getLse(), 0));
    });
    auto choice = LaunchChoice::make(getOperation(), {chip, batch, sequenceLength, fusion, ways, table});
    if (!choice)
      return getOperation().emitError() << llvm::toString(choice.takeError());
    fusion = choice->fusion;
    if (explain && !choice->reason.empty())
      getOperation().emitRemark() << "launches by " << stringifyFusion(fusion)
                                  << ", for the parts that there are: " << choice->reason;
    return success();
  }
};
} // namespace
