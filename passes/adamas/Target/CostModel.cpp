// How long the ways to launch a decode step take, by estimate.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Target/CostModel.h"
#include <algorithm>
#include <cmath>
#include <tuple>

using namespace mlir::adamas;

// Microseconds, of an H100 unless another unit is named; fitted to benchmarks/results/decode-gpu-h100-2026-11-24.json,
// whose one-pass steps they meet within a quarter. They rank the ways to launch a step, and are no forecast of its
// time. Other chips differ by their bandwidth, caches and multiprocessors only.
static constexpr double queries = 1.2;          // the kernel that makes the query's side
static constexpr double scanStart = 1.4;        // until the first codes come, and the last bins are gone
static constexpr double codesOfHead = 0.4;      // columns and bins of each head on a KV head, at both ends of a CTA
static constexpr double weightsOfHead = 0.75;   // the same of weights
static constexpr double selectStart = 4.3;      // launch, threshold, list, scores, sums
static constexpr double kiloTokens = 0.06;      // sweeping distances of 1,024 tokens, one CTA on a multiprocessor
static constexpr double listedToken = 0.015;    // gathering a key and a value in one CTA
static constexpr double crowd = 1.5;            // another CTA on a multiprocessor finds the threshold too
static constexpr double mergeStart = 1;         // the merge of parts, behind a dependent launch
static constexpr double clusterStart = 0.4;     // what parts of a cluster wait for each other, instead of a merge
static constexpr double lastStart = 5;          // or the last CTA for what passes through memory, without clusters:
                                                // fences and a count (an H200 without dependent launches: 2.4 us more
                                                // than a merge kernel)
static constexpr double plainLaunch = 1.5;      // a launch that does not depend on the one before, beyond the first
static constexpr double clusterPair = 0.02;     // what each CTA of a cluster sends to each
static constexpr double stepStart = 3.9;        // of a whole step, without what the scan starts with
static constexpr double codesAgain = 0.78;      // codes that another head of the group has read before: they are in L2
static constexpr double stepWeights = 0.5;      // what weights cost in one launch,
static constexpr double stepWeighed = 0.1;      // and the share of the codes' time that their products add
static constexpr double refineStart = 4.5;      // the second selection, where it follows in the same kernel
static constexpr double refineApart = 0.0117;   // and what each candidate costs more where lists are joined first
static constexpr double refineDivided = 0.5;    // or where a cluster divides the candidates
static constexpr double gather = 0.77;          // rows of keys and values, scattered: share of the bandwidth
static constexpr double streamStart = 2;        // of dense attention
static constexpr double streamPart = 0.05;      // each part that its merge reads
static constexpr double ctasOfStep = 1.5;       // CTAs of a step that a multiprocessor holds at once,
static constexpr double ctasOfGroupStep = 1;    // and where several heads share a list
static constexpr double leastCtasOfStep = 0.75; // a multiprocessor, or bandwidth is left unused
static constexpr double ctasOfStream = 4;       // a multiprocessor, likewise
static constexpr int64_t mostParts = 8;         // the largest cluster that every GPU with clusters runs
static constexpr int64_t mostPartsOfStream = 32;
// Shorter parts leave threads of a CTA without tokens; the CTAs of a step load four rounds at least.
static constexpr int64_t leastTokens = 512, leastTokensOfStep = 2048;

bool mlir::adamas::fitsCluster(int64_t slots, int64_t bins, int64_t ways) {
  constexpr int64_t most = 160 * 1024;
  // Counts of candidates share a word, and so do their distances.
  return slots <= UINT16_MAX && bins <= UINT16_MAX && slots * 8 + ways * slots * 2 + bins * 8 <= most;
}

StepShape mlir::adamas::withTokens(StepShape shape, int64_t tokens) {
  shape.tokens = tokens;
  return shape;
}

namespace {
/// Adds up one way.
class Estimator {
public:
  Estimator(const StepShape &shape, const GpuTarget &target, int64_t ways)
      : shape(shape), ways(double(ways)), multiprocessors(double(target.multiprocessors)),
        bandwidth(double(target.gigabytesPerSecond) * 1e3), l2Bytes(double(target.l2Bytes)),
        dependent(target.hasDependentLaunch()) {}

  /// `near`: parts are merged in the kernel that attends.
  double stages(bool near) const {
    double time = streams();
    for (const StepShape::Selection &s : shape.selections) {
      time += queries + scan(s) + selectStart + sweep(s) + refinement(s, near && dependent);
      if (near)
        time += dependent ? clusterStart + clusterPair * ways * ways : lastStart;
      else if (ways > 1)
        time += mergeStart + (dependent ? 0 : plainLaunch);
    }
    return time + attentions();
  }

  double step() const {
    double time = streams();
    for (const StepShape::Selection &s : shape.selections) {
      // Full waves of CTAs, and those that run alone in the end.
      bool groups = llvm::any_of(shape.attentions, [](auto &a) { return a.heads > 1; });
      double ctas = double(s.rows) * ways, wave = (groups ? ctasOfGroupStep : ctasOfStep) * multiprocessors;
      double full = std::ceil(ctas / wave) - 1, rest = ctas - full * wave;
      // Every selection reads the codes of its KV head for itself.
      double codes = double(s.rows * shape.tokens * s.codeBytes) / bandwidth;
      codes *= (1 + (double(s.perKvHead) - 1) * codesAgain) / double(s.perKvHead);
      time += (full + 1) * (stepStart + start(s, 1) + clusterPair * ways * ways) + sweep(s) - crowding(s);
      time += codes * (full * wave + rest / std::min(1.0, rest / (leastCtasOfStep * multiprocessors))) / ctas;
      time += codes * 0.1 * std::max(0.0, 1 - ctas / wave); // fewer loads on their way
      time += refinement(s, true) + (s.weighted ? stepWeights + stepWeighed * codes : 0);
    }
    return time + attentions();
  }

private:
  /// What a CTA that measures `heads` heads starts and ends with.
  double start(const StepShape::Selection &s, int64_t heads) const {
    return scanStart + (s.weighted ? weightsOfHead : codesOfHead) * double(heads);
  }

  double scan(const StepShape::Selection &s) const {
    double codes = double(s.rows) / double(s.perKvHead) * double(shape.tokens * s.codeBytes);
    double distances = double(s.rows * shape.tokens) * 2; // what L2 cannot hold is written and read amid the codes
    return start(s, s.perKvHead) + (codes + distances * (distances > l2Bytes ? 2 : 0.5)) / bandwidth;
  }

  double load(const StepShape::Selection &s) const { return std::max(1.0, double(s.rows) * ways / multiprocessors); }
  double crowding(const StepShape::Selection &s) const { return crowd * (load(s) - 1); }

  /// One CTA's share of the distances.
  double sweep(const StepShape::Selection &s) const {
    return kiloTokens * double(shape.tokens) / 1024 / ways * load(s) + crowding(s);
  }

  double refinement(const StepShape::Selection &s, bool clusters) const {
    if (!s.refined)
      return 0;
    double candidates = double(s.rows * s.listed * s.candidateBytes) / (bandwidth * gather);
    bool divided = clusters && fitsCluster(s.listed, s.candidateBins, int64_t(ways));
    return refineStart * load(s) + candidates +
           (ways == 1 ? 0
            : divided ? refineDivided
                      : refineApart * double(s.listed));
  }

  double attentions() const {
    double time = 0;
    for (const StepShape::Attention &a : shape.attentions)
      time += double(a.lists * a.listed * a.rowBytes) / (bandwidth * gather) + listedToken * double(a.listed) / ways;
    return time;
  }

  double streams() const {
    double time = 0;
    for (const StepShape::Stream &s : shape.streams) {
      double used = std::min(1.0, double(s.rows) * ways / multiprocessors / ctasOfStream);
      time += streamStart + double(s.rows * shape.tokens * s.rowBytes) / bandwidth / (0.4 + 0.6 * used);
      time += ways > 1 ? mergeStart + streamPart * ways : 0;
    }
    return time;
  }

  const StepShape &shape;
  double ways, multiprocessors, bandwidth, l2Bytes;
  bool dependent;
};
} // namespace

/// Whether the compiler chooses this way by itself.
static bool isEligible(const StepShape &shape, const GpuTarget &target, Fusion fusion, int64_t ways) {
  if (fusion == Fusion::Stages)
    return true;
  bool refined = llvm::any_of(shape.selections, [](auto &s) { return s.refined; });
  bool whole = fusion == Fusion::Step; // whose clusters may have a single CTA
  if (shape.selections.empty() || !shape.streams.empty())
    return false;
  if (!target.hasDependentLaunch()) // no clusters: the last CTA merges
    return !whole && ways > 1 && !shape.attentions.empty();
  if (refined && ways == 1) // a candidate list is divided where its selection is
    return false;
  return ways <= mostParts &&
         (whole ? ways == 1 || shape.tokens / ways >= leastTokensOfStep : ways > 1 && !shape.attentions.empty());
}

llvm::SmallVector<LaunchEstimate> mlir::adamas::estimateLaunches(const StepShape &shape, const GpuTarget &target,
                                                                 Fusion fusion, int64_t ways) {
  llvm::SmallVector<LaunchEstimate> estimates;
  int64_t most = shape.streams.empty() ? mostParts : mostPartsOfStream;
  auto add = [&](Fusion launches, int64_t parts) {
    if (fusion != Fusion::Choose ? launches != fusion : !isEligible(shape, target, launches, parts))
      return;
    Estimator estimator(shape, target, parts);
    estimates.push_back(
        {launches, parts,
         launches == Fusion::Step ? estimator.step() : estimator.stages(launches == Fusion::Selection)});
  };
  for (Fusion launches : {Fusion::Stages, Fusion::Selection, Fusion::Step})
    for (int64_t parts = ways ? ways : 1; parts <= (ways ? ways : most); ++parts)
      if (ways || parts == 1 || shape.tokens / parts >= leastTokens)
        add(launches, parts);
  llvm::sort(estimates, [](const LaunchEstimate &a, const LaunchEstimate &b) {
    return std::tuple(a.microseconds, a.fusion, a.ways) < std::tuple(b.microseconds, b.fusion, b.ways);
  });
  return estimates;
}

int64_t mlir::adamas::estimateCrossover(const StepShape &shape, const GpuTarget &target, Fusion fusion, int64_t ways) {
  constexpr int64_t shortest = 256;
  if (shape.selections.size() != 1 || shape.attentions.size() != 1 || !shape.streams.empty())
    return 0;
  StepShape dense;
  dense.batch = shape.batch;
  dense.tokens = shape.tokens;
  dense.streams.push_back({shape.selections[0].rows / shape.selections[0].perKvHead, shape.attentions[0].rowBytes});
  int64_t denseWays = estimateLaunches(dense, target).front().ways;
  // How many times as long as dense attention the step takes, in doublings, at the length before.
  double before = 0;
  for (int64_t tokens = shortest; tokens <= shape.tokens; tokens *= 2) {
    double step = estimateLaunches(withTokens(shape, tokens), target, fusion, ways).front().microseconds;
    double all = estimateLaunches(withTokens(dense, tokens), target, Fusion::Stages, denseWays).front().microseconds;
    double ratio = std::log2(step / all);
    if (ratio < 0)
      return tokens == shortest ? tokens : std::llround(double(tokens) / 2 * std::exp2(before / (before - ratio)));
    before = ratio;
  }
  return shape.tokens + 1;
}
