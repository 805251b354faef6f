// The fastest choices of a step, found by trying.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas-tune/Search.h"
#include <cmath>

using namespace mlir;
using namespace mlir::adamas;

// Shorter parts leave threads without tokens.
static constexpr int64_t leastTokens = 512;
static constexpr int64_t shortestCrossover = 256;

static GpuOptions toOptions(const TuningChoices &choices) {
  GpuOptions options;
  options.tuning = "none"; // another table would decide what is left open
  options.fusion = choices.fusion;
  options.ways = choices.ways;
  options.threads = choices.threads;
  options.tokens = choices.tokens;
  options.iterations = choices.iterations;
  options.engine = choices.engine;
  return options;
}

std::vector<TuningChoices> Search::launches() const {
  std::vector<TuningChoices> all;
  auto add = [&](Fusion fusion, std::initializer_list<int64_t> parts) {
    for (int64_t ways : parts) {
      TuningChoices choices;
      choices.fusion = fusion;
      choices.ways = ways;
      if (ways == 1 || step.tokens / ways >= leastTokens)
        all.push_back(choices);
    }
  };
  if (step.module == "dense") {
    add(Fusion::Stages, {1, 2, 3, 4, 6, 8, 12, 16, 17, 24, 32});
    return all;
  }
  add(Fusion::Stages, {1, 2, 3, 4, 5, 6, 8});
  if (bench.device.info().compute_major >= 9) {
    add(Fusion::Selection, {2, 3, 4, 6, 8});
    add(Fusion::Step, {1, 2, 3, 4, 5, 6, 7, 8});
  }
  return all;
}

std::vector<TuningChoices> Search::schedules() const {
  std::vector<TuningChoices> all;
  if (step.module == "dense")
    return all;
  bool l1 = step.module == "l1", native = llvm::cantFail(GpuTarget::get(bench.device.info().chip)).nativeB1;
  for (Engine engine : {Engine::Popc, l1 ? Engine::CarrySave : Engine::S8, Engine::B1})
    for (int64_t threads : {128, 256, 512})
      for (int64_t tokens : {2, 4, 8}) {
        TuningChoices choices = best.choices;
        choices.engine = engine;
        choices.threads = threads;
        choices.tokens = tokens;
        if (engine != Engine::B1 || native)
          all.push_back(choices);
      }
  return all;
}

std::vector<TuningChoices> Search::iterations() const {
  std::vector<TuningChoices> all;
  if (step.module == "dense" || best.choices.fusion == Fusion::Step) // whose parts say how often
    return all;
  for (int64_t times : {1, 2, 4, 8, 16}) {
    TuningChoices choices = best.choices;
    choices.iterations = times;
    all.push_back(choices);
  }
  return all;
}

llvm::Error Search::round(StringRef label, std::vector<TuningChoices> alternatives) {
  if (alternatives.empty())
    return llvm::Error::success();
  std::vector<Trial> trials(alternatives.size());
  std::vector<std::optional<CompiledStep>> compiled(alternatives.size());
  Progress progress((step.module + " " + label).str(), 2 * alternatives.size());
  std::mutex mutex;
  for (size_t i = 0; i < alternatives.size(); ++i)
    pool.async([&, i] {
      auto made = compileStep(step, bench.device.info().chip, toOptions(alternatives[i]));
      std::lock_guard<std::mutex> lock(mutex);
      trials[i].choices = alternatives[i];
      if (made)
        compiled[i] = std::move(*made);
      else
        trials[i].error = llvm::toString(made.takeError());
      progress.advance();
    });
  pool.wait();
  for (size_t i = 0; i < alternatives.size(); ++i, progress.advance()) {
    if (!compiled[i])
      continue;
    auto program = timed.load(std::move(*compiled[i]));
    if (!program) { // such as too much shared memory for this device
      trials[i].error = llvm::toString(program.takeError());
      continue;
    }
    auto microseconds = timed.time(*program, bench.replays);
    if (!microseconds) // after which the device is of no use
      return microseconds.takeError();
    trials[i].microseconds = *microseconds;
    if (!best.microseconds || *microseconds < best.microseconds)
      best = trials[i];
  }
  progress.finish();
  tried.insert(tried.end(), trials.begin(), trials.end());
  return llvm::Error::success();
}

llvm::Expected<double> Search::time(const TuningChoices &choices, int64_t times) {
  auto compiled = compileStep(step, bench.device.info().chip, toOptions(choices));
  if (!compiled)
    return compiled.takeError();
  auto program = timed.load(std::move(*compiled));
  if (!program)
    return program.takeError();
  return timed.time(*program, times);
}

llvm::Error Search::run() {
  GpuOptions open;
  open.tuning = "none";
  auto options = chooseLaunches(step, bench.device.info().chip, open);
  if (!options)
    return options.takeError();
  estimated.choices.fusion = options->fusion;
  estimated.choices.ways = options->ways;
  auto first = time(estimated.choices, bench.replays);
  if (!first)
    return first.takeError();
  estimated.microseconds = *first;
  best = estimated;
  tried.push_back(estimated);
  if (llvm::Error error = round("launches", launches()))
    return error;
  if (llvm::Error error = round("schedules", schedules()))
    return error;
  if (llvm::Error error = round("iterations", iterations()))
    return error;
  // The least of many times is too good: both once more, and longer.
  for (Trial *trial : {&estimated, &best}) {
    auto again = time(trial->choices, 3 * bench.replays);
    if (!again)
      return again.takeError();
    trial->microseconds = *again;
  }
  if (best.microseconds > estimated.microseconds * (1 - margin))
    best = estimated;
  return llvm::Error::success();
}

llvm::Expected<int64_t> mlir::adamas::findCrossover(const Bench &bench, const StepDescription &step,
                                                    const TuningChoices &choices) {
  StepDescription dense = step;
  dense.module = "dense";
  dense.expected = step.tokens;
  StepDescription sparse = step;
  sparse.expected = step.tokens;
  GpuOptions open;
  auto chip = bench.device.info().chip;
  auto ofStep = compileStep(sparse, chip, toOptions(choices)), ofDense = compileStep(dense, chip, open);
  if (!ofStep)
    return ofStep.takeError();
  if (!ofDense)
    return ofDense.takeError();
  auto time = [&](StepDescription shape, CompiledStep compiled, int64_t tokens) -> llvm::Expected<double> {
    shape.tokens = tokens;
    TimedStep timed(bench, shape);
    auto program = timed.load(std::move(compiled));
    if (!program)
      return program.takeError();
    return timed.time(*program, bench.replays);
  };
  // How many times as long as dense attention the step takes, in doublings, at the length before.
  double before = 0;
  for (int64_t tokens = shortestCrossover; tokens <= step.tokens; tokens *= 2) {
    auto sparseTime = time(sparse, *ofStep, tokens);
    if (!sparseTime)
      return sparseTime.takeError();
    auto denseTime = time(dense, *ofDense, tokens);
    if (!denseTime)
      return denseTime.takeError();
    double ratio = std::log2(*sparseTime / *denseTime);
    if (ratio < 0)
      return tokens == shortestCrossover
                 ? tokens
                 : int64_t(std::llround(double(tokens) / 2 * std::exp2(before / (before - ratio))));
    before = ratio;
  }
  return step.tokens + 1;
}
