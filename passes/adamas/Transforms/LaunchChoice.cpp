// Which launches a step takes, and how many parts its tokens.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/LaunchChoice.h"
#include "adamas/IR/AdamasOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::adamas;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<ShapedType>(value.getType()).getShape(); }

/// Rows of `value` in a sequence, query tokens included, where `trailing` axes follow them.
static int64_t countRows(Value value, int64_t trailing) {
  int64_t rows = 1;
  for (int64_t size : shapeOf(value).drop_front().drop_back(trailing))
    rows *= size;
  return rows;
}

static int64_t codeBytes(DistanceOpInterface distance) {
  auto codes = cast<CodesType>(cast<ShapedType>(distance.getKeyCodes().getType()).getElementType());
  return distance.getPlanesRead() * codes.getDim() / 8;
}

/// Bytes of a key and a value.
static int64_t rowBytes(PartialAttentionOp op) {
  auto key = cast<ShapedType>(op.getKey().getType());
  return 2 * key.getShape().back() * key.getElementTypeBitWidth() / 8;
}

/// What makes `value`, inside of its kernel if kernels are formed.
static Operation *producerOf(Value value) {
  auto kernel = value.getDefiningOp<KernelOp>();
  if (!kernel)
    return value.getDefiningOp();
  Value yielded = kernel.getBody().front().getTerminator()->getOperand(cast<OpResult>(value).getResultNumber());
  return yielded.getDefiningOp();
}

StepShape mlir::adamas::describeStep(func::FuncOp function, int64_t batch, int64_t tokens) {
  StepShape shape;
  shape.batch = batch;
  shape.tokens = tokens;
  function.walk([&](Operation *op) {
    if (auto compact = dyn_cast<CompactOp>(op)) {
      auto distance = dyn_cast_or_null<DistanceOpInterface>(producerOf(compact.getDistances()));
      if (!distance)
        return;
      if (compact.getCandidates()) {
        // Its list came from the selection before it.
        if (!shape.selections.empty()) {
          shape.selections.back().refined = true;
          shape.selections.back().candidateBytes = codeBytes(distance);
          shape.selections.back().candidateBins = distance.getBound() + 1;
        }
        return;
      }
      int64_t rows = countRows(compact.getDistances(), 1);
      int64_t kvHeads = shapeOf(distance.getKeyCodes())[1];
      // Several query tokens are expected as so many sequences.
      int64_t ofToken = rows / (shapeOf(compact.getDistances()).size() == 4 ? shapeOf(compact.getDistances())[1] : 1);
      shape.selections.push_back({batch * ofToken, rows / kvHeads, codeBytes(distance), int64_t(compact.getBudget()),
                                  isa<WeightedDistanceOp>(distance.getOperation()), false, 0, 0});
    } else if (auto attention = dyn_cast<PartialAttentionOp>(op)) {
      if (attention.getSeqLens()) {
        shape.streams.push_back({batch * shapeOf(attention.getKey())[1], rowBytes(attention)});
      } else if (attention.getIndices()) {
        auto lists = shapeOf(attention.getIndices()); // [..., S, W, K]
        auto query = shapeOf(attention.getQuery());
        shape.attentions.push_back({batch * lists[lists.size() - 3], lists.back(), rowBytes(attention),
                                    query[query.size() - 2] / lists[lists.size() - 3]});
      }
    }
  });
  return shape;
}

std::optional<TuningKey> mlir::adamas::describeKey(func::FuncOp function, int64_t batch, int64_t tokens) {
  CompactOp scanned, refined;
  PartialAttentionOp attention;
  int64_t others = 0;
  auto take = [&](auto &slot, auto op) { slot ? void(++others) : void(slot = op); };
  function.walk([&](Operation *op) {
    if (auto compact = dyn_cast<CompactOp>(op))
      take(compact.getCandidates() ? refined : scanned, compact);
    else if (auto found = dyn_cast<PartialAttentionOp>(op))
      take(attention, found);
  });
  if (others || !attention || (refined && !scanned))
    return std::nullopt;
  auto key = cast<ShapedType>(attention.getKey().getType());
  auto query = shapeOf(attention.getQuery());
  TuningKey result;
  result.queryHeads = query[query.size() - 2];
  result.kvHeads = key.getDimSize(1);
  result.headDim = key.getShape().back();
  result.elementBits = key.getElementTypeBitWidth();
  result.batch = batch;
  result.tokens = tokens;
  if (attention.getSeqLens()) {
    result.module = "dense";
    return scanned ? std::nullopt : std::optional(result);
  }
  auto distance = scanned ? dyn_cast_or_null<DistanceOpInterface>(producerOf(scanned.getDistances())) : nullptr;
  if (!distance)
    return std::nullopt;
  auto codes = cast<CodesType>(cast<ShapedType>(distance.getKeyCodes().getType()).getElementType());
  bool weighted = isa<WeightedDistanceOp>(distance.getOperation());
  if ((refined && !weighted) || (!refined && distance.getPlanesRead() != codes.getBits()))
    return std::nullopt; // no module of the tables
  result.module = refined ? "two_pass" : weighted ? "weighted" : "l1";
  result.bits = codes.getBits();
  result.budget = (refined ? refined : scanned).getBudget();
  auto distances = shapeOf(scanned.getDistances());
  result.perKvHead = distances[distances.size() - 2] != result.queryHeads;
  return result;
}

llvm::Expected<Tuned> mlir::adamas::findTuned(func::FuncOp function, StringRef path, const GpuTarget &target,
                                              int64_t batch, int64_t tokens) {
  llvm::Expected<TuningTable> table = TuningTable::load(path, target.chip);
  if (!table)
    return table.takeError();
  std::optional<TuningKey> key = describeKey(function, batch, tokens);
  if (!key)
    return Tuned();
  const TuningEntry *entry = table->find(*key, target.sm);
  return Tuned{entry ? std::optional(*entry) : std::nullopt, table->findCrossover(*key, target.sm)};
}

static std::string describe(const LaunchEstimate &estimate) {
  return llvm::formatv("{0} of {1} {2} {3:f1} us", stringifyFusion(estimate.fusion), estimate.ways,
                       estimate.ways == 1 ? "part" : "parts", estimate.microseconds);
}

/// The choice and, of every other fusion, the best that it could have been.
static std::string explain(ArrayRef<LaunchEstimate> estimates, const LaunchRequest &request) {
  std::string text = describe(estimates.front());
  for (Fusion fusion : {Fusion::Stages, Fusion::Selection, Fusion::Step}) {
    auto best = llvm::find_if(estimates, [&](auto &estimate) { return estimate.fusion == fusion; });
    if (best != estimates.end() && best != estimates.begin())
      text += ", " + describe(*best);
  }
  return llvm::formatv("{0}; estimated for {1}, batch {2}, {3} tokens", text, request.chip, request.batch,
                       request.tokens);
}

/// What the table chose, where it does not contradict what is given.
static std::optional<LaunchChoice> takeTuned(const TuningEntry &entry, const LaunchRequest &request) {
  const TuningChoices &tuned = entry.choices;
  LaunchChoice choice;
  choice.fusion = request.fusion == Fusion::Choose ? tuned.fusion : request.fusion;
  choice.ways = request.ways ? request.ways : tuned.ways;
  bool whole = choice.fusion != Fusion::Choose && choice.ways;
  if (!whole || (tuned.fusion != Fusion::Choose && tuned.fusion != choice.fusion) ||
      (tuned.ways && tuned.ways != choice.ways))
    return std::nullopt;
  choice.reason =
      llvm::formatv("{0} of {1} {2}; measured, {3:f1} us for {4}", stringifyFusion(choice.fusion), choice.ways,
                    choice.ways == 1 ? "part" : "parts", entry.microseconds, entry.key.describe());
  return choice;
}

llvm::Expected<LaunchChoice> LaunchChoice::make(func::FuncOp function, const LaunchRequest &request) {
  llvm::Expected<GpuTarget> target = GpuTarget::get(request.chip);
  if (!target)
    return llvm::createStringError("option 'chip' " + llvm::toString(target.takeError()));
  LaunchChoice choice;
  StepShape shape = describeStep(function, request.batch, request.tokens);
  if (shape.empty()) { // nothing is divided
    choice.fusion = request.fusion == Fusion::Choose ? Fusion::Stages : request.fusion;
    choice.ways = std::max<int64_t>(request.ways, 1);
    return choice;
  }
  auto tuned = findTuned(function, request.table, *target, request.batch, request.tokens);
  if (!tuned)
    return llvm::createStringError("option 'table': " + llvm::toString(tuned.takeError()));
  std::optional<LaunchChoice> taken = tuned->entry ? takeTuned(*tuned->entry, request) : std::nullopt;
  if (taken) {
    choice = *taken;
  } else {
    SmallVector<LaunchEstimate> estimates = estimateLaunches(shape, *target, request.fusion, request.ways);
    choice.fusion = estimates.front().fusion;
    choice.ways = estimates.front().ways;
    choice.reason = explain(estimates, request);
  }
  choice.inClusters = choice.fusion != Fusion::Stages && target->hasDependentLaunch();
  choice.crossover = tuned->crossover;
  choice.measuredCrossover = choice.crossover != 0;
  if (!choice.crossover)
    choice.crossover = estimateCrossover(shape, *target, choice.fusion, choice.ways);
  return choice;
}
