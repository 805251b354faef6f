// The estimate's choices, where times were measured.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Target/CostModel.h"
#include "llvm/ADT/STLExtras.h"
#include <gtest/gtest.h>

using namespace mlir::adamas;

namespace {

enum Module { L1, Weighted, TwoPass };

struct Measured {
  Module module;
  int64_t queryHeads, kvHeads, batch, tokens;
  Fusion fusion;
  int64_t ways;
  double microseconds;
};

// benchmarks/results/decode-gpu-h100-2026-11-24.json, whose launches were found by trying: k = 128, D = 128, f16.
const Measured record[] = {
    {L1, 32, 32, 1, 8192, Fusion::Step, 4, 10.77},
    {L1, 32, 32, 1, 32768, Fusion::Step, 6, 18.88},
    {L1, 32, 32, 1, 131072, Fusion::Step, 6, 55.01},
    {L1, 32, 8, 1, 8192, Fusion::Step, 4, 9.82},
    {L1, 32, 8, 1, 32768, Fusion::Selection, 4, 13.42},
    {L1, 32, 8, 1, 131072, Fusion::Selection, 4, 25.95},
    {L1, 64, 8, 1, 8192, Fusion::Step, 3, 10.93},
    {L1, 64, 8, 1, 32768, Fusion::Selection, 2, 18.1},
    {L1, 64, 8, 1, 131072, Fusion::Selection, 2, 31.09},
    {L1, 32, 8, 8, 8192, Fusion::Stages, 1, 21.0},
    {L1, 32, 8, 8, 32768, Fusion::Stages, 1, 47.21},
    {L1, 32, 8, 8, 131072, Fusion::Stages, 1, 163.87},
    {L1, 32, 32, 8, 8192, Fusion::Stages, 1, 37.05},
    {L1, 32, 32, 8, 32768, Fusion::Stages, 1, 111.09},
    {Weighted, 32, 32, 1, 8192, Fusion::Step, 4, 11.98},
    {Weighted, 32, 32, 1, 32768, Fusion::Step, 6, 20.83},
    {Weighted, 32, 32, 1, 131072, Fusion::Selection, 4, 55.72},
    {Weighted, 32, 8, 1, 8192, Fusion::Step, 4, 10.79},
    {Weighted, 32, 8, 1, 32768, Fusion::Selection, 4, 15.33},
    {Weighted, 32, 8, 1, 131072, Fusion::Selection, 4, 27.25},
    {Weighted, 64, 8, 1, 8192, Fusion::Step, 3, 11.46},
    {Weighted, 64, 8, 1, 32768, Fusion::Selection, 2, 21.47},
    {Weighted, 64, 8, 1, 131072, Fusion::Selection, 2, 37.18},
    {Weighted, 32, 8, 8, 8192, Fusion::Stages, 1, 22.65},
    {Weighted, 32, 8, 8, 32768, Fusion::Stages, 1, 49.69},
    {Weighted, 32, 8, 8, 131072, Fusion::Stages, 1, 170.39},
    {Weighted, 32, 32, 8, 8192, Fusion::Stages, 1, 37.07},
    {Weighted, 32, 32, 8, 32768, Fusion::Stages, 1, 111.41},
    {TwoPass, 32, 32, 1, 8192, Fusion::Step, 4, 15.66},
    {TwoPass, 32, 32, 1, 32768, Fusion::Step, 4, 22.46},
    {TwoPass, 32, 32, 1, 131072, Fusion::Selection, 4, 43.1},
    {TwoPass, 32, 8, 1, 8192, Fusion::Step, 4, 15.15},
    {TwoPass, 32, 8, 1, 131072, Fusion::Selection, 4, 30.31},
    {TwoPass, 64, 8, 1, 8192, Fusion::Step, 2, 16.71},
    {TwoPass, 64, 8, 1, 32768, Fusion::Selection, 2, 25.0},
    {TwoPass, 64, 8, 1, 131072, Fusion::Selection, 2, 41.55},
    {TwoPass, 32, 8, 8, 8192, Fusion::Stages, 1, 33.22},
    {TwoPass, 32, 8, 8, 32768, Fusion::Stages, 1, 69.19},
    {TwoPass, 32, 8, 8, 131072, Fusion::Stages, 1, 164.52},
    {TwoPass, 32, 32, 8, 8192, Fusion::Stages, 1, 54.95},
    {TwoPass, 32, 32, 8, 32768, Fusion::Stages, 1, 103.55},
};

StepShape shapeOf(const Measured &row) {
  StepShape shape;
  shape.batch = row.batch;
  shape.tokens = row.tokens;
  int64_t rows = row.batch * row.queryHeads, perKvHead = row.queryHeads / row.kvHeads;
  bool twoPass = row.module == TwoPass;
  shape.selections.push_back({rows, perKvHead, twoPass ? 16 : 32, twoPass ? 1024 : 128, row.module != L1, twoPass,
                              twoPass ? 64 : 0, twoPass ? 4816 : 0});
  shape.attentions.push_back({rows, 128, 512});
  return shape;
}

StepShape denseShape(int64_t kvHeads, int64_t batch, int64_t tokens) {
  StepShape shape;
  shape.batch = batch;
  shape.tokens = tokens;
  shape.streams.push_back({batch * kvHeads, 512});
  return shape;
}

GpuTarget target(const char *chip) { return llvm::cantFail(GpuTarget::get(chip)); }

TEST(CostModel, ChoosesWhatWasFastest) {
  for (const Measured &row : record) {
    LaunchEstimate best = estimateLaunches(shapeOf(row), target("sm_90a")).front();
    std::string name = std::to_string(row.module) + ": " + std::to_string(row.queryHeads) + "/" +
                       std::to_string(row.kvHeads) + "/" + std::to_string(row.batch) + "/" + std::to_string(row.tokens);
    EXPECT_EQ(best.fusion, row.fusion) << name;
    EXPECT_EQ(best.ways, row.ways) << name;
    EXPECT_NEAR(best.microseconds, row.microseconds, row.microseconds * 0.27) << name;
  }
}

TEST(CostModel, StreamsTakeSeveralCtasAMultiprocessor) {
  EXPECT_EQ(estimateLaunches(denseShape(32, 1, 32768), target("sm_90")).front().ways, 17);
  EXPECT_EQ(estimateLaunches(denseShape(8, 1, 32768), target("sm_90")).front().ways, 32);
  EXPECT_NEAR(estimateLaunches(denseShape(32, 1, 32768), target("sm_90")).front().microseconds, 184.96, 10);
  EXPECT_NEAR(estimateLaunches(denseShape(8, 1, 32768), target("sm_90")).front().microseconds, 68.15, 5);
}

TEST(CostModel, WithoutClustersStagesAreFastest) {
  for (const char *chip : {"sm_80", "sm_86", "sm_89"})
    for (const Measured &row : record) {
      auto estimates = estimateLaunches(shapeOf(row), target(chip));
      EXPECT_EQ(estimates.front().fusion, Fusion::Stages) << chip;
      for (const LaunchEstimate &estimate : estimates)
        EXPECT_NE(estimate.fusion, Fusion::Step) << chip; // a merge through memory is the most that is joined
    }
}

TEST(CostModel, LongCandidateListsAreDividedWhereAClusterHoldsThem) {
  EXPECT_TRUE(fitsCluster(1024, 4816, 8));
  EXPECT_TRUE(fitsCluster(8192, 4816, 3));
  EXPECT_FALSE(fitsCluster(8192, 4816, 4));
  EXPECT_FALSE(fitsCluster(1 << 16, 1, 1));
  EXPECT_FALSE(fitsCluster(1, 1 << 16, 1));
  for (Measured row : {Measured{TwoPass, 32, 32, 1, 32768}, Measured{TwoPass, 32, 8, 1, 32768}}) {
    StepShape shape = shapeOf(row);
    shape.selections[0].listed = 8192; // of k = 1024
    shape.attentions[0].listed = 1024;
    auto estimates = estimateLaunches(shape, target("sm_90"));
    LaunchEstimate best = estimates.front();
    EXPECT_TRUE(best.ways == 1 || (best.fusion != Fusion::Stages && fitsCluster(8192, 4816, best.ways)))
        << best.ways << " of " << int(best.fusion);
    // 125 and 136 us on an H200, of four parts whose lists were joined first.
    auto apart = llvm::find_if(estimates, [](auto &e) { return e.fusion == Fusion::Step && e.ways == 4; });
    ASSERT_NE(apart, estimates.end());
    EXPECT_GT(apart->microseconds, 100);
  }
}

TEST(CostModel, WhatIsGivenStays) {
  StepShape shape = shapeOf(record[0]);
  for (const LaunchEstimate &estimate : estimateLaunches(shape, target("sm_90"), Fusion::Choose, 3))
    EXPECT_EQ(estimate.ways, 3);
  for (const LaunchEstimate &estimate : estimateLaunches(shape, target("sm_90"), Fusion::Selection))
    EXPECT_EQ(estimate.fusion, Fusion::Selection);
  // Even what would not be chosen.
  auto given = estimateLaunches(shape, target("sm_80"), Fusion::Step, 100);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_EQ(given[0].fusion, Fusion::Step);
  EXPECT_EQ(given[0].ways, 100);
}

TEST(CostModel, ThePartsThatWereChosenLeadToTheSameLaunches) {
  for (const Measured &row : record) {
    StepShape shape = shapeOf(row);
    LaunchEstimate best = estimateLaunches(shape, target("sm_90")).front();
    EXPECT_EQ(estimateLaunches(shape, target("sm_90"), Fusion::Choose, best.ways).front().fusion, best.fusion);
  }
}

TEST(CostModel, CrossoversLieWhereTheTwoMeet) {
  for (const Measured &row : record) {
    StepShape shape = shapeOf(row);
    int64_t crossover = estimateCrossover(shape, target("sm_90"), row.fusion, row.ways);
    std::string name = std::to_string(row.module) + ": " + std::to_string(row.queryHeads) + "/" +
                       std::to_string(row.kvHeads) + "/" + std::to_string(row.batch) + "/" + std::to_string(row.tokens);
    EXPECT_GE(crossover, 256) << name;
    EXPECT_LT(crossover, 16384) << name;
    auto dense = denseShape(row.kvHeads, row.batch, row.tokens);
    int64_t denseWays = estimateLaunches(dense, target("sm_90")).front().ways;
    auto isFaster = [&](int64_t tokens) {
      return estimateLaunches(withTokens(shape, tokens), target("sm_90"), row.fusion, row.ways)[0].microseconds <
             estimateLaunches(withTokens(dense, tokens), target("sm_90"), Fusion::Stages, denseWays)[0].microseconds;
    };
    EXPECT_TRUE(isFaster(2 * crossover)) << name;
    EXPECT_FALSE(crossover > 512 && isFaster(crossover / 2)) << name;
  }
  // A step that never is faster, and functions without two things to compare.
  StepShape shape = shapeOf(record[0]);
  EXPECT_EQ(estimateCrossover(withTokens(shape, 300), target("sm_90"), Fusion::Stages, 1), 301);
  EXPECT_EQ(estimateCrossover(denseShape(8, 1, 1024), target("sm_90"), Fusion::Stages, 1), 0);
  shape.attentions.clear();
  EXPECT_EQ(estimateCrossover(shape, target("sm_90"), Fusion::Stages, 1), 0);
}

TEST(CostModel, EstimatesComeInOrderAndGrowWithTokens) {
  for (const Measured &row : record) {
    auto estimates = estimateLaunches(shapeOf(row), target("sm_90"));
    EXPECT_TRUE(llvm::is_sorted(estimates, [](auto &a, auto &b) { return a.microseconds < b.microseconds; }));
    auto longer = estimateLaunches(withTokens(shapeOf(row), 4 * row.tokens), target("sm_90"));
    EXPECT_LT(estimates.front().microseconds, longer.front().microseconds);
  }
  EXPECT_EQ(estimateLaunches(denseShape(1, 1, 1), target("sm_90")).front().ways, 1);
}

} // namespace
