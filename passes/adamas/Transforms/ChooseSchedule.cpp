// adamas-choose-schedule: decides how each kernel runs on a GPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Target/GpuTarget.h"
#include "adamas/Transforms/KernelGroups.h"
#include "adamas/Transforms/LaunchChoice.h"
#include "adamas/Transforms/Passes.h"
#include "adamas/Transforms/ScheduleRules.h"

namespace mlir::adamas {
#define GEN_PASS_DEF_ADAMASCHOOSESCHEDULE
#include "adamas/Transforms/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

// Tokens of a part, or candidates of a whole list, from which more warps gain more by their loads in flight than their
// instructions cost: what a CTA executes but once is measured by the warps that do.
static constexpr int64_t tokensOfSmallPart = 16384, slotsOfSmallList = 512;

// Tokens that a thread of a selection looks at in one go, at least.
static constexpr int64_t tokensOfEight = 8;

namespace {
struct ChooseSchedule : mlir::adamas::impl::AdamasChooseScheduleBase<ChooseSchedule> {
  using AdamasChooseScheduleBase::AdamasChooseScheduleBase;

  void runOnOperation() override {
    llvm::Expected<GpuTarget> target = GpuTarget::get(chip);
    if (!target) {
      getOperation().emitError() << "option 'chip' " << llvm::toString(target.takeError());
      return signalPassFailure();
    }
    if (distanceBits != 0 && distanceBits != 8 && distanceBits != 16) {
      getOperation().emitError() << "expects option 'distance-bits' to be 0, 8 or 16, but got "
                                 << int64_t(distanceBits);
      return signalPassFailure();
    }
    given = {Fusion::Choose, 0, threads, tokens, iterations, engine};
    if (failed(addTuned(*target)))
      return signalPassFailure();
    WalkResult result = getOperation().walk([&](KernelOp kernel) {
      if (!isa<GpuAttr>(kernel.getSchedule())) {
        kernel.emitOpError() << "expects a schedule of a GPU, '#adamas.gpu', but got " << kernel.getSchedule()
                             << "; run 'adamas-form-kernels' for the processor gpu";
        return WalkResult::interrupt();
      }
      GpuAttr schedule = choose(kernel, *target);
      if (!schedule)
        return WalkResult::interrupt();
      kernel.setScheduleAttr(schedule);
      if (explain)
        remark(kernel, schedule);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  /// Tokens, or slots of its candidate list, that are expected in each part of a selection.
  int64_t countExpected(CompactOp compact) {
    Value candidates = compact.getCandidates();
    int64_t all = candidates ? cast<ShapedType>(candidates.getType()).getShape().back() : sequenceLength;
    return all / countParts(compact.getLengths(), 0);
  }

  /// Whether few tokens are expected in each part of the selections of `kernel`.
  bool hasSmallParts(KernelOp kernel) {
    bool small = true, wide = false;
    // Eight heads that share a list hold their sums in registers.
    kernel.walk([&](PartialAttentionOp attention) { wide |= attention.getHeadsPerItem() > 4; });
    kernel.walk([&](CompactOp compact) {
      small &= compact.getCandidates() ? countExpected(compact) <= slotsOfSmallList
                                       : countExpected(compact) < tokensOfSmallPart;
    });
    return small || wide;
  }

  /// Takes from the tuning table what no option gives.
  LogicalResult addTuned(const GpuTarget &target) {
    auto tuned = findTuned(getOperation(), table, target, batch, sequenceLength);
    if (!tuned)
      return getOperation().emitError() << "option 'table': " << llvm::toString(tuned.takeError());
    measured = tuned->entry;
    if (!measured)
      return success();
    // Launches that something else chose are not those that were measured.
    bool step = false;
    getOperation().walk([&](StagedOpInterface op) {
      auto kernel = op->getParentOfType<KernelOp>();
      step |= isScan(op) && kernel && kernel.getLevel() != Level::Token;
    });
    if (measured->choices.fusion != Fusion::Choose && (measured->choices.fusion == Fusion::Step) != step) {
      measured.reset();
      return success();
    }
    const TuningChoices &choices = measured->choices;
    for (auto [option, choice] : {std::pair(&given.threads, choices.threads),
                                  {&given.tokens, choices.tokens},
                                  {&given.iterations, choices.iterations}})
      *option = *option ? *option : choice;
    if (given.engine == Engine::Choose)
      given.engine = choices.engine;
    return success();
  }

  /// Says what was decided, from what.
  void remark(KernelOp kernel, GpuAttr schedule) {
    std::string kinds;
    DistanceOpInterface distance;
    kernel.walk([&](StagedOpInterface op) {
      distance = distance ? distance : dyn_cast<DistanceOpInterface>(op.getOperation());
      kinds += (kinds.empty() ? "" : ", ") + op->getName().stripDialect().str();
    });
    InFlightDiagnostic text = kernel.emitRemark()
                              << "kernel of " << kinds << ": " << schedule.getThreads() << " threads";
    if (schedule.getCluster() > 1)
      text << ", clusters of " << schedule.getCluster();
    if (schedule.getSort() > 1)
      text << ", " << schedule.getSort() << " sequences longest first";
    if (schedule.getAttention() == AttentionEngine::Mma)
      text << ", attention by matrix products";
    if (schedule.getDistanceBits() == 8)
      text << ", distances kept in 8 bits";
    if (!distance)
      return;
    StringRef source = engine != Engine::Choose ? " (given)" : given.engine != Engine::Choose ? " (measured)" : "";
    text << ", engine " << stringifyEngine(schedule.getEngine()) << source << " for " << countQueryRows(distance)
         << (isa<WeightedDistanceOp>(distance.getOperation()) ? " heads of weights" : " heads of codes") << " a key, "
         << distance.getPlanesRead() << " planes";
    if (isScan(cast<StagedOpInterface>(distance.getOperation())))
      text << ", " << schedule.getTokens() << " tokens a thread, " << schedule.getIterations() << " times, for batch "
           << int64_t(batch) << " and " << int64_t(sequenceLength) << " tokens";
    if (measured)
      text << "; table: " << measured->key.describe();
  }

  /// Eight bits where they hold every distance, or nearly every one that is selected: of L1 the threshold lies below
  /// the middle of the range if the selection means anything.
  int64_t chooseDistanceBits(KernelOp kernel) {
    int64_t kept = 0, fit = 0;
    kernel.walk([&](DistanceOpInterface op) {
      if (op.getCandidateList() || !isSelectedOnce(op->getResult(0)))
        return;
      bool fits = op.getBound() < UINT8_MAX || (isa<L1DistanceOp>(op.getOperation()) && op.getBound() <= 2 * UINT8_MAX);
      ++kept;
      fit += distanceBits ? distanceBits == 8 : fits;
    });
    return kept && fit == kept ? 8 : 16;
  }

  /// CTAs of the parts that `kernel` is expected to have.
  int64_t countItems(KernelOp kernel) {
    int64_t items = 0;
    kernel.walk([&](Operation *op) {
      Value rows;
      if (auto compact = dyn_cast<CompactOp>(op); compact && !compact.getCandidates())
        rows = compact.getLengths();
      else if (auto attention = dyn_cast<PartialAttentionOp>(op); attention && attention.getSeqLens())
        rows = attention.getLse();
      if (rows)
        items = batch * ShapedType::getNumElements(cast<ShapedType>(rows.getType()).getShape().drop_front());
    });
    return items;
  }

  /// Sequences that take their turns by length: where work items of a batch do not all run at once, a long one that is
  /// begun late is what the whole batch waits for.
  int64_t chooseSort(KernelOp kernel, const GpuTarget &target) {
    int64_t items = countItems(kernel);
    // Of most kernels a multiprocessor holds two CTAs.
    if (kernel.getLevel() != Level::Part || batch < 2 || items <= 2 * target.multiprocessors)
      return 1;
    return std::min<int64_t>(llvm::PowerOf2Ceil(batch), 32);
  }

  /// One or two eights a thread where that is what parts have, else four loads at once.
  int64_t chooseWindow(KernelOp kernel, int64_t ofCta) {
    int64_t most = 0;
    kernel.walk([&](CompactOp compact) { most = std::max(most, countExpected(compact)); });
    int64_t eights = llvm::divideCeil(most, tokensOfEight * ofCta);
    return most == 0 || eights > 2 ? 4 : eights;
  }

  /// Where one CTA a multiprocessor leaves some of a selection for a second turn, two. Large CTAs fit twice by
  /// themselves or pay with spills (batch 8, 32K, k = 1,024 on an H200: 87 us for 75), but for those that refine whole
  /// lists (128K, k = 128: 111 us for 124).
  int64_t chooseResident(KernelOp kernel, const GpuTarget &target, int64_t ofCta) {
    bool selects = false, refinesWhole = false, measures = false;
    kernel.walk([&](CompactOp op) {
      selects = true;
      refinesWhole |= op.getCandidates() && countParts(op.getLengths(), 0) == 1;
    });
    kernel.walk([&](DistanceOpInterface op) { measures |= !op.getCandidateList(); });
    bool fits = ofCta <= 256 || (refinesWhole && !measures);
    bool many = kernel.getLevel() == Level::Part && countItems(kernel) > target.multiprocessors;
    return selects && fits && many ? 2 : 1;
  }

  GpuAttr choose(KernelOp kernel, const GpuTarget &target) {
    DistanceOpInterface distance;
    bool streams = false, scans = false, hasL1 = false;
    kernel.walk([&](Operation *op) {
      if (auto found = dyn_cast<DistanceOpInterface>(op)) {
        distance = distance && scans ? distance : found;
        scans |= !found.getCandidateList();
        hasL1 |= isa<L1DistanceOp>(op);
      }
      if (auto attention = dyn_cast<PartialAttentionOp>(op))
        streams |= !attention.getIndices();
    });
    bool scan = scans && kernel.getLevel() == Level::Token;
    Engine chosen = distance ? chooseEngine(distance, target) : Engine::Popc;
    if (hasL1 && chosen == Engine::S8) // one engine for all
      chosen = Engine::Popc;
    if (distance && given.engine != Engine::Choose)
      chosen = given.engine;
    AttentionEngine attends = chooseAttentionEngine(kernel, attention);
    int64_t ofThread = 2, loops = 1, ofCta = 128;
    if (kernel.getLevel() == Level::Part)
      for (ofCta = streams || hasSmallParts(kernel) ? 256 : 512;
           ofCta > 64 && estimateShared(kernel, ofCta / 32, chosen, attends) > target.sharedBytes;)
        ofCta /= 2;
    if (scans && !scan) {
      // A whole step: several CTAs share a multiprocessor, so that some still stream while others select. One plane
      // asks for more loads on their way, and leaves population counts the time.
      bool onePlane = distance.getPlanesRead() == 1;
      ofThread = given.tokens ? given.tokens : onePlane ? 4 : 2;
      if (onePlane && countQueryRows(distance) == 1 && given.engine == Engine::Choose)
        chosen = Engine::Popc;
      ofCta = std::min<int64_t>(ofCta, given.threads ? given.threads : 256);
    }
    if (scan) {
      // One row: as many CTAs as there are, each done at once. A group's columns and bins cost a CTA a start and an
      // end: fewer CTAs, one or two for each multiprocessor, that go on to the next tokens. Four loads of 16 bytes a
      // thread are on their way at once, eight where a large group keeps the warp busy meanwhile.
      int64_t rows = countQueryRows(distance), planes = distance.getPlanesRead();
      ofThread = given.tokens ? given.tokens : rows > 4 || (rows == 1 && planes == 1) ? 4 : 2;
      ofCta = given.threads ? given.threads : rows > 1 ? 256 : planes == 1 ? 128 : 512;
      int64_t work = batch * sequenceLength * cast<ShapedType>(distance.getKeyCodes().getType()).getDimSize(1);
      int64_t least = target.multiprocessors * (rows > 4 ? 3 : 6) / 4;
      while (rows > 1 && loops < 8 && work / (ofCta * ofThread * loops * 2) >= least)
        loops *= 2;
      if (given.iterations)
        loops = given.iterations;
    }
    return GpuAttr::getChecked([&] { return kernel.emitOpError(); }, &getContext(), target.sm, ofCta, ofThread, loops,
                               chosen, cast<GpuAttr>(kernel.getSchedule()).getCluster(), chooseSort(kernel, target),
                               attends, chooseDistanceBits(kernel), chooseWindow(kernel, ofCta),
                               chooseCandidateEngine(kernel, target, chosen), chooseResident(kernel, target, ofCta));
  }

  TuningChoices given;                 ///< by options, else by the table
  std::optional<TuningEntry> measured; ///< what the table has of such a step
};
} // namespace
