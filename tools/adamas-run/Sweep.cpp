// All modules at all budgets, beside what others select.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-run/Sweep.h"

#include "adamas-run/Agreement.h"
#include "adamas-run/Baselines.h"
#include "adamas-run/Parallel.h"
#include "support/Progress.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA1.h"
#include <map>

using namespace mlir;
using namespace mlir::adamas;

static constexpr int64_t questPage = 16;
static constexpr int64_t baselineSink = 4;

namespace {
/// A module with thresholds; its codes serve all budgets.
struct Variant {
  const LoadedModule *module;
  ThresholdChoice thresholds;
  KeyCodes codes, referenceCodes;
  std::string codesDifference;
};

struct Cell {
  Variant *variant;
  LoadedModule module;
  DecodeResult result;
  std::optional<double> denseMilliseconds;
};

/// Counts from several threads.
class SharedProgress {
public:
  explicit SharedProgress(uint64_t total) : bar("sweep", total) {}
  void advance() {
    std::lock_guard<std::mutex> lock(mutex);
    bar.advance();
  }

private:
  std::mutex mutex;
  Progress bar;
};

/// The first of the errors that several threads meet.
class FirstError {
public:
  void note(llvm::Error error) {
    if (!error)
      return;
    std::lock_guard<std::mutex> lock(mutex);
    std::string text = llvm::toString(std::move(error));
    if (message.empty())
      message = std::move(text);
  }
  llvm::Error take() { return message.empty() ? llvm::Error::success() : llvm::createStringError(message); }

private:
  std::mutex mutex;
  std::string message;
};

class SweepRunner {
public:
  SweepRunner(const Session &session, llvm::ArrayRef<LoadedModule> modules)
      : session(session), modules(modules), inputs(session.inputs), options(session.options) {}

  llvm::Expected<Sweep> run();

private:
  llvm::Error chooseVariants();
  llvm::Error addVariant(const LoadedModule &module, std::optional<llvm::StringRef> flag);
  llvm::Error makeCells();
  llvm::Error execute(Cell &cell);
  llvm::Error executeTimed(SharedProgress &progress);
  llvm::Error judge(Cell &cell, SweepRow &row);
  llvm::Error addBaselines();
  double codeBytes(const DecodeSignature &signature) const;

  const Session &session;
  llvm::ArrayRef<LoadedModule> modules;
  const Inputs &inputs;
  const Options &options;
  Sweep sweep;
  std::vector<int64_t> budgets;
  std::vector<std::unique_ptr<Variant>> variants;
  std::vector<Cell> cells;
  std::optional<double> scale;
  ExactAttention dense;
  Ranking exact;
  /// S* by sink, recent and budget.
  std::map<std::tuple<int64_t, int64_t, int64_t>, Tensor> exactSets;
};
} // namespace

static std::vector<int64_t> chooseBudgets(int64_t tokens) {
  std::vector<int64_t> budgets;
  for (int64_t budget = 16; budget <= 2048; budget *= 2) {
    int64_t clipped = std::max<int64_t>(16, std::min(budget, tokens));
    if (budgets.empty() || clipped > budgets.back())
      budgets.push_back(clipped);
  }
  return budgets;
}

llvm::Error SweepRunner::addVariant(const LoadedModule &module, std::optional<llvm::StringRef> flag) {
  auto choice = chooseThresholds(flag, options.bits, session.data, inputs, module);
  if (!choice)
    return choice.takeError();
  auto variant = std::make_unique<Variant>();
  variant->module = &module;
  variant->thresholds = std::move(*choice);
  auto codes = encodeKeys(session, options.target, variant->thresholds.sets);
  if (!codes)
    return codes.takeError();
  variant->codes = std::move(*codes);
  if (options.compare == CompareKind::Reference) {
    auto reference = encodeKeys(session, TargetKind::Reference, variant->thresholds.sets);
    if (!reference)
      return reference.takeError();
    variant->referenceCodes = std::move(*reference);
    variant->codesDifference = compareKeyCodes(variant->referenceCodes, variant->codes);
  }
  variants.push_back(std::move(variant));
  return llvm::Error::success();
}

llvm::Error SweepRunner::chooseVariants() {
  bool given = options.thresholds || session.data.contains("thresholds");
  bool calibrated = false;
  for (const LoadedModule &module : modules) {
    if (given || module.signature.fixed) {
      std::optional<llvm::StringRef> flag;
      if (options.thresholds)
        flag = *options.thresholds;
      if (llvm::Error error = addVariant(module, flag))
        return error;
      continue;
    }
    calibrated = true;
    if (!module.signature.isL1) {
      if (llvm::Error error = addVariant(module, llvm::StringRef("uniform")))
        return error;
      continue;
    }
    bool paper = options.bits.value_or(module.signature.bits) == 2;
    if (llvm::Error error = addVariant(module, llvm::StringRef("quantile"))) {
      // Without queries to calibrate on the paper's constants are still there.
      if (!paper)
        return error;
      sweep.notes.push_back("no quantile thresholds: " + llvm::toString(std::move(error)));
    }
    if (paper)
      if (llvm::Error error = addVariant(module, llvm::StringRef("paper")))
        return error;
  }
  if (calibrated)
    sweep.notes.push_back("thresholds 'quantile' and 'uniform' were calibrated on the first half of the keys; "
                          "--thresholds chooses others");
  return llvm::Error::success();
}

llvm::Error SweepRunner::makeCells() {
  for (int64_t budget : budgets)
    for (auto &variant : variants) {
      Wishes wishes{variant->thresholds.sets.bits, budget, options.sink, options.recent, options.policy};
      auto module = specializeModule(*variant->module, inputs, wishes, /*strict=*/false, session.diagnostics);
      if (!module)
        return module.takeError();
      if (cells.empty())
        scale = module->signature.scale;
      if (module->signature.scale != scale)
        return inFile(module->path,
                      llvm::createStringError("has another attention scale than the first module, expected "
                                              "one scale in a sweep"));
      cells.push_back({variant.get(), std::move(*module), {}, std::nullopt});
    }
  return llvm::Error::success();
}

llvm::Error SweepRunner::execute(Cell &cell) {
  auto result =
      decode(session, options.target, cell.module, cell.variant->thresholds, cell.variant->codes, sweep.repeat);
  if (!result)
    return result.takeError();
  cell.result = std::move(*result);
  return llvm::Error::success();
}

/// Runs all cells, each with the machine to itself, and dense attention beside each, so that both see the same machine.
llvm::Error SweepRunner::executeTimed(SharedProgress &progress) {
  auto step = DenseStep::create(session, options.target);
  if (!step)
    return step.takeError();
  for (Cell &cell : cells) {
    if (llvm::Error error = execute(cell))
      return error;
    auto time = step->time(session, sweep.repeat);
    if (!time)
      return time.takeError();
    cell.denseMilliseconds = *time;
    progress.advance();
  }
  return llvm::Error::success();
}

static std::string digestOf(const Tensor &indices) {
  auto bytes = reinterpret_cast<const uint8_t *>(indices.raw());
  return llvm::toHex(llvm::SHA1::hash({bytes, size_t(indices.bytes())}), /*LowerCase=*/true);
}

/// Code bytes a token and selection: the scan of all tokens, and the candidates' codes spread over all tokens.
double SweepRunner::codeBytes(const DecodeSignature &signature) const {
  double plane = signature.headDim / 8.0, scan = plane * signature.scanPlanes;
  if (!signature.candidates)
    return scan;
  double visible = std::max(inputs.meanVisible(), 1.0);
  return scan + plane * signature.bits * std::min(1.0, *signature.candidates / visible);
}

llvm::Error SweepRunner::judge(Cell &cell, SweepRow &row) {
  const DecodeSignature &signature = cell.module.signature;
  const Tensor &best = exactSets.at({signature.sink, signature.recent, signature.budget});
  auto quality =
      measureQuality(inputs, dense, best, cell.result.indices(), cell.result.find(ResultRole::Output), scale);
  if (!quality)
    return quality.takeError();
  row.quality = *quality;
  row.indicesDigest = digestOf(cell.result.indices());
  if (options.compare != CompareKind::Reference)
    return llvm::Error::success();
  row.difference = cell.variant->codesDifference;
  if (!row.difference.empty())
    return llvm::Error::success();
  auto expected =
      decode(session, TargetKind::Reference, cell.module, cell.variant->thresholds, cell.variant->referenceCodes, 1);
  if (!expected)
    return expected.takeError();
  auto difference = compareResults(session, scale, *expected, cell.result);
  if (!difference)
    return difference.takeError();
  row.difference = std::move(*difference);
  return llvm::Error::success();
}

llvm::Error SweepRunner::addBaselines() {
  int64_t sink = options.sink.value_or(0), recent = options.recent.value_or(1);
  double element = dtypeSize(inputs.key.dtype()), row = inputs.headDim() * element;
  Ranking quest = Ranking::byPage(inputs, questPage, budgets.back(), options.threads);
  std::vector<SweepRow> rows(3 * budgets.size());
  FirstError errors;
  parallelFor(options.threads, rows.size(), [&](size_t i) {
    SweepRow &result = rows[i];
    result.budget = budgets[i / 3];
    Tensor indices, best = exact.select(inputs, result.budget, sink, recent);
    if (i % 3 == 0) {
      result.method = "exact top-k";
      result.bytesPerToken = row;
      indices = best;
    } else if (i % 3 == 1) {
      result.method = "quest, page 16";
      result.bytesPerToken = 2 * row / questPage;
      indices = quest.select(inputs, result.budget, sink, recent);
    } else {
      result.method = "4 sinks + recent";
      indices = selectSinkRecent(inputs, result.budget, std::min(baselineSink, result.budget));
    }
    result.indicesDigest = digestOf(indices);
    auto quality = measureQuality(inputs, dense, best, indices, nullptr, scale);
    if (quality)
      result.quality = *quality;
    else
      errors.note(quality.takeError());
  });
  // Beside the modules of the same budget: exact first, the others last.
  std::vector<SweepRow> merged;
  auto own = sweep.rows.begin();
  for (size_t i = 0; i < budgets.size(); ++i) {
    merged.push_back(rows[3 * i]);
    for (size_t v = 0; v < variants.size(); ++v)
      merged.push_back(std::move(*own++));
    merged.insert(merged.end(), {rows[3 * i + 1], rows[3 * i + 2]});
  }
  sweep.rows = std::move(merged);
  return errors.take();
}

llvm::Expected<Sweep> SweepRunner::run() {
  bool timed = isTimed(options.target);
  sweep.repeat = options.repeat.value_or(timed ? 5 : 1);
  budgets = chooseBudgets(inputs.tokens());
  if (llvm::Error error = chooseVariants())
    return error;
  if (llvm::Error error = makeCells())
    return error;
  auto visible = attendVisible(inputs.query, inputs.key, inputs.value, inputs.seqLens, nullptr, scale);
  if (!visible)
    return visible.takeError();
  dense = std::move(*visible);
  exact = Ranking::byScore(inputs, budgets.back(), options.threads);
  for (const Cell &cell : cells) {
    const DecodeSignature &signature = cell.module.signature;
    auto [entry, added] = exactSets.try_emplace({signature.sink, signature.recent, signature.budget});
    if (added)
      entry->second = exact.select(inputs, signature.budget, signature.sink, signature.recent);
  }

  sweep.rows.resize(cells.size());
  FirstError errors;
  {
    SharedProgress progress(cells.size() * (timed ? 2 : 1));
    if (timed)
      if (llvm::Error error = executeTimed(progress))
        return error;
    parallelFor(options.threads, cells.size(), [&](size_t i) {
      Cell &cell = cells[i];
      llvm::Error error = timed ? llvm::Error::success() : execute(cell);
      errors.note(error ? std::move(error) : judge(cell, sweep.rows[i]));
      progress.advance();
    });
  }
  if (llvm::Error error = errors.take())
    return error;
  for (auto [cell, row] : llvm::zip(cells, sweep.rows)) {
    const DecodeSignature &signature = cell.module.signature;
    row.method = cell.module.name;
    row.thresholds = cell.variant->thresholds.origin;
    row.policy = stringifyPolicy(signature.policy).str();
    row.bits = signature.bits;
    row.budget = signature.budget;
    row.bytesPerToken = codeBytes(signature);
    if (timed)
      row.milliseconds = cell.result.milliseconds;
    row.denseMilliseconds = cell.denseMilliseconds;
  }
  if (llvm::Error error = addBaselines())
    return error;
  return std::move(sweep);
}

llvm::Expected<Sweep> mlir::adamas::runSweep(const Session &session, llvm::ArrayRef<LoadedModule> modules) {
  return SweepRunner(session, modules).run();
}
