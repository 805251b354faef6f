// adamas-split-tokens: divides the token axis of staged ops into parts.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/LaunchChoice.h"
#include "adamas/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::adamas {
#define GEN_PASS_DEF_ADAMASSPLITTOKENS
#include "adamas/Transforms/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

// Bins that each CTA of a cluster holds twice in its shared memory: its own, and those of all.
static constexpr int64_t mostDividedBins = 12 * 1024;

namespace {
struct SplitTokens : mlir::adamas::impl::AdamasSplitTokensBase<SplitTokens> {
  using AdamasSplitTokensBase::AdamasSplitTokensBase;

  void runOnOperation() override {
    if (failed(checkOptions()))
      return signalPassFailure();
    if (ways == 1 && boundaries.empty())
      return;
    if (failed(chooseWays()))
      return signalPassFailure();
    DenseMap<Value, Value> partsOf; // cache -> boundaries
    // Producers come before users, so each op's operands already have their new part axes when it is visited.
    WalkResult result = getOperation()->walk([&](Operation *op) {
      if (isa<HistogramOp, CompactOp, PartialAttentionOp>(op) && failed(split(op, partsOf)))
        return WalkResult::interrupt();
      if (isa<HistogramOp, ThresholdOp, CompactOp, PartialAttentionOp>(op) && failed(reinfer(op)))
        return WalkResult::interrupt();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

  LogicalResult checkOptions() {
    Operation *op = getOperation();
    if (ways < (chip.empty() ? 1 : 0) || ways > (1 << 20))
      return op->emitError() << "expects option 'ways' to be from 1 to 1048576, but got " << int64_t(ways)
                             << (ways ? "" : "; give 'chip' too to have them chosen for it");
    if (tile < 1)
      return op->emitError() << "expects option 'tile' to be at least 1, but got " << int64_t(tile);
    if (boundaries.empty())
      return success();
    if (boundaries.size() < 2 || boundaries[0] != 0)
      return op->emitError() << "expects option 'boundaries' to begin with 0 and hold 2 or more";
    for (size_t i = 1; i < boundaries.size(); ++i)
      if (boundaries[i] < boundaries[i - 1] || boundaries[i] > INT32_MAX)
        return op->emitError() << "expects option 'boundaries' to ascend, but got " << boundaries[i] << " after "
                               << boundaries[i - 1];
    return success();
  }

  /// Where no ways are given, those that suit the chip and what is expected, function by function.
  LogicalResult chooseWays() {
    if ((ways != 0 && chip.empty()) || !boundaries.empty())
      return success();
    WalkResult result = getOperation()->walk([&](func::FuncOp function) {
      auto choice = LaunchChoice::make(function, {chip, batch, sequenceLength, fusion, ways, table});
      if (!choice) {
        function.emitError() << llvm::toString(choice.takeError());
        return WalkResult::interrupt();
      }
      waysOf[function] = choice->ways;
      if (choice->inClusters)
        candidatesOf.insert(function);
      if (ways != 0 || !explain || choice->reason.empty())
        return WalkResult::skip();
      InFlightDiagnostic remark = function.emitRemark()
                                  << "divides tokens in " << choice->ways << ": " << choice->reason;
      if (choice->crossover)
        remark << "; faster than dense attention from " << choice->crossover << " tokens on"
               << (choice->measuredCrossover ? " (measured)" : " (estimated)");
      return WalkResult::skip();
    });
    return failure(result.wasInterrupted());
  }

  int64_t getWays(Operation *op) {
    return ways ? int64_t(ways) : std::max<int64_t>(1, waysOf.lookup(op->getParentOfType<func::FuncOp>()));
  }

  /// Gives `op` its `parts`, unless it works on a list that is left whole.
  LogicalResult split(Operation *op, DenseMap<Value, Value> &partsOf) {
    if (boundaries.empty() && getWays(op) == 1)
      return success();
    Value cache;
    if (auto attention = dyn_cast<PartialAttentionOp>(op)) {
      if (!attention.getSeqLens())
        return success();
      cache = attention.getKey();
    } else {
      auto [distances, candidates] =
          isa<HistogramOp>(op)
              ? std::pair<Value, Value>(cast<HistogramOp>(op).getDistances(), cast<HistogramOp>(op).getCandidates())
              : std::pair<Value, Value>(cast<CompactOp>(op).getDistances(), cast<CompactOp>(op).getCandidates());
      auto distance = distances.getDefiningOp<DistanceOpInterface>();
      if (candidates && (!distance || !(this->candidates || keepsDivided(op))))
        return success();
      if (!distance)
        return op->emitOpError() << "expects distances from a distance op to know the token axis that is divided";
      cache = distance.getKeyCodes();
    }
    Value &parts = partsOf[cache];
    if (!parts)
      parts = makeParts(op, cache);
    TypeSwitch<Operation *>(op).Case<HistogramOp, CompactOp, PartialAttentionOp>(
        [&](auto staged) { staged.getPartsMutable().assign(parts); });
    return success();
  }

  /// Whether the launches of the function keep the divided list of `op` in a cluster, and its bins fit there.
  bool keepsDivided(Operation *op) {
    if (!candidatesOf.contains(op->getParentOfType<func::FuncOp>()))
      return false;
    auto histogram = dyn_cast<HistogramOp>(op);
    if (auto compact = dyn_cast<CompactOp>(op))
      if (auto threshold = compact.getThreshold().getDefiningOp<ThresholdOp>())
        histogram = threshold.getHistogram().getDefiningOp<HistogramOp>();
    return histogram && histogram.getBins() <= mostDividedBins;
  }

  Value makeParts(Operation *user, Value cache) {
    OpBuilder b(user);
    if (Operation *producer = cache.getDefiningOp())
      b.setInsertionPointAfter(producer);
    else
      b.setInsertionPointToStart(user->getBlock());
    if (boundaries.empty())
      return PartitionOp::create(b, user->getLoc(), cache, getWays(user), tile);
    SmallVector<int32_t> values(boundaries.begin(), boundaries.end());
    auto type = RankedTensorType::get({int64_t(values.size())}, b.getI32Type());
    return arith::ConstantOp::create(b, user->getLoc(), DenseElementsAttr::get(type, ArrayRef<int32_t>(values)));
  }

  /// Recomputes the result types of `op` after its operands changed.
  LogicalResult reinfer(Operation *op) {
    SmallVector<Type> types;
    auto inferred = cast<InferTypeOpInterface>(op);
    if (failed(inferred.inferReturnTypes(op->getContext(), op->getLoc(), op->getOperands(),
                                         op->getDiscardableAttrDictionary(), op->getPropertiesStorage(),
                                         op->getRegions(), types)))
      return failure();
    for (auto [result, type] : llvm::zip(op->getResults(), types))
      result.setType(type);
    return success();
  }

  DenseMap<Operation *, int64_t> waysOf; ///< where they are chosen
  DenseSet<Operation *> candidatesOf;    ///< functions whose launches keep divided lists in clusters
};
} // namespace
