// Form 1 against form 2: every way to divide the tokens gives the same lists and, within att-2, the same output.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"

#include "adamas/Reference/Attention.h"
#include "adamas/Reference/Compare.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir::adamas;
using namespace mlir::adamas::test;

namespace {

constexpr int64_t kvHeads = 2, dim = 32, batch = 5, tokens = 150;

/// One module and its data.
struct Case {
  bool weighted, perKvHead, twoPasses, ties;
  int64_t group, queryTokens, bits, sink, recent, budget;
  DType dtype;

  int64_t heads() const { return group * kvHeads; }
  int64_t selections() const { return perKvHead ? kvHeads : heads(); }
  std::string describe() const {
    return llvm::formatv(
        "weighted {0} per_kv_head {1} two_passes {2} ties {3} G {4} Nq {5} bits {6} sink {7} recent {8} k {9} "
        "{10}",
        weighted, perKvHead, twoPasses, ties, group, queryTokens, bits, sink, recent, budget, dtypeName(dtype));
  }
  std::string text() const;
  std::vector<Tensor> arguments(std::mt19937 &random) const;
};

std::string rowType(const Case &c, const std::string &rest) {
  return "tensor<?x" + (c.queryTokens > 1 ? std::to_string(c.queryTokens) + "x" : "") + rest + ">";
}

std::string Case::text() const {
  std::string type = dtype == DType::F16 ? "f16" : dtype == DType::BF16 ? "bf16" : "f32";
  std::string q = rowType(*this, llvm::formatv("{0}x{1}x{2}", heads(), dim, type));
  std::string cache = llvm::formatv("tensor<?x{0}x?x{1}x{2}>", kvHeads, dim, type);
  std::string codes = llvm::formatv("tensor<?x{0}x?x!adamas.codes<{1}, {2}>>", kvHeads, dim, bits);
  std::string y = rowType(*this, llvm::formatv("{0}x{1}xf32", heads(), dim));
  auto list = [&](const llvm::Twine &width) {
    return rowType(
        *this, llvm::formatv("{0}{1}i32", selections(), width.isTriviallyEmpty() ? "x" : ("x" + width + "x").str()));
  };
  std::string thresholds = llvm::formatv("tensor<{0}x{1}xf32>", kvHeads, (1 << bits) - 1);
  // The query's side of the distance: weights or codes.
  std::string side, sideType, op, policy = perKvHead && !weighted ? " policy per_kv_head" : "";
  if (weighted) {
    side = "%q = adamas.weigh %y" + (perKvHead ? " kv_heads " + std::to_string(kvHeads) : "") + " : " + y;
    sideType = rowType(*this, llvm::formatv("{0}x{1}xi8", selections(), dim));
    op = "adamas.weighted_distance";
  } else {
    side = "%q = adamas.bucketize_pack %y thresholds(%t : " + thresholds + ") : " + y;
    sideType = rowType(*this, llvm::formatv("{0}x!adamas.codes<{1}, {2}>", heads(), dim, bits));
    op = "adamas.l1_distance";
  }
  std::string lens = " seq_lens(%n : tensor<?xi32>)";
  std::string forced = llvm::formatv(" sink {0} recent {1}", sink, recent);
  std::string select;
  if (twoPasses) {
    int64_t wide = 4 * budget;
    std::string given = " candidates(%c : " + list(llvm::Twine(wide)) + ")";
    select = "%d = " + op + " %q, %codes" + lens + " planes 1" + policy + " : " + sideType + ", " + codes + "\n" +
             "%c, %l = adamas.topk %d" + lens + llvm::formatv(" budget {0}", wide).str() + forced + " : " + list("?") +
             "\n" + "%e = " + op + " %q, %codes" + lens + given + policy + " : " + sideType + ", " + codes + "\n" +
             "%i, %m = adamas.topk %e" + lens + given + llvm::formatv(" budget {0}", budget).str() + forced + " : " +
             list(llvm::Twine(wide)) + "\n";
  } else {
    select = "%d = " + op + " %q, %codes" + lens + policy + " : " + sideType + ", " + codes + "\n" +
             "%i, %m = adamas.topk %d" + lens + llvm::formatv(" budget {0}", budget).str() + forced + " : " +
             list("?") + "\n";
  }
  std::string indices = list(llvm::Twine(budget)), lengths = list(""),
              lse = rowType(*this, llvm::formatv("{0}xf32", heads()));
  std::string results = indices + ", " + lengths + ", " + q + ", " + lse + ", " + q + ", " + lse;
  return "func.func @decode(%query: " + q + ", %key: " + cache + ", %value: " + cache + ", %codes: " + codes +
         ", %n: tensor<?xi32>, %t: " + thresholds + ") -> (" + results + ") {\n%y = adamas.hadamard %query : " + q +
         "\n" + side + "\n" + select + "%o, %lse = adamas.sparse_attention %query, %key, %value, %i, %m lse : " + q +
         ", " + cache + ", " + indices + ", " + lengths +
         "\n%p, %all = adamas.dense_attention %query, %key, %value, %n lse : " + q + ", " + cache +
         ", tensor<?xi32>\nreturn %i, %m, %o, %lse, %p, %all : " + results + "\n}";
}

std::vector<Tensor> Case::arguments(std::mt19937 &random) const {
  llvm::SmallVector<int64_t> query{batch, heads(), dim};
  if (queryTokens > 1)
    query.insert(query.begin() + 1, queryTokens);
  int64_t cacheBatch = random() % 2 ? batch : 1;
  Tensor q = randomFloats(dtype, query, random, 2), k = randomFloats(dtype, {cacheBatch, kvHeads, tokens, dim}, random);
  Tensor v = randomFloats(dtype, k.shape(), random);
  // dst-4: random words use all codes. With `ties` there are only four different keys.
  Tensor codes(DType::U32, {cacheBatch, kvHeads, tokens, bits, dim / 32});
  uint32_t few[4][4];
  for (auto &planes : few)
    for (uint32_t &word : planes)
      word = random();
  for (int64_t n = 0; n < codes.size() / bits; ++n)
    for (int64_t p = 0, which = random() % 4; p < bits; ++p)
      codes.as<uint32_t>()[n * bits + p] = ties ? few[which][p] : random();
  // Ragged: empty, fewer than the budget, anything, all.
  Tensor lengths = ints(
      {batch}, {tokens, 0, queryTokens, std::clamp(budget - 1, queryTokens, tokens), 17 + int64_t(random() % 100)});
  Tensor thresholds(DType::F32, {kvHeads, (1 << bits) - 1});
  for (int64_t h = 0; h < kvHeads; ++h)
    for (int64_t i = 0; i < thresholds.dim(1); ++i) // thin outer buckets of a normal of deviation 2, none empty
      thresholds.setFloat(h * thresholds.dim(1) + i, (i + 1 - double(1 << bits) / 2) * 4 / (1 << bits) + 0.1 * h);
  return {q, k, v, codes, lengths, thresholds};
}

void expectSame(const std::vector<Tensor> &expected, const std::vector<Tensor> &got,
                const std::vector<Tensor> &arguments) {
  ASSERT_EQ(expected.size(), 6u);
  ASSERT_EQ(got.size(), 6u);
  const Tensor &q = arguments[0], &k = arguments[1], &v = arguments[2];
  EXPECT_EQ(compareExact("indices", expected[0], got[0]), "");
  EXPECT_EQ(compareExact("lengths", expected[1], got[1]), "");
  EXPECT_EQ(compareAttention(ok(attendListed(q, k, v, expected[0], expected[1])), got[2], &got[3]), "");
  EXPECT_EQ(compareAttention(ok(attendVisible(q, k, v, arguments[4])), got[4], &got[5]), "");
}

/// Compares what the pipelines make of `c` with the module as written.
void check(const Case &c, std::mt19937 &random, llvm::ArrayRef<std::string> pipelines) {
  SCOPED_TRACE(c.describe());
  std::string text = c.text();
  std::vector<Tensor> arguments = c.arguments(random);
  std::vector<Tensor> expected = Module(text).evaluate(arguments);
  expectSame(expected, expected, arguments);
  for (const std::string &pipeline : pipelines) {
    SCOPED_TRACE(pipeline);
    Module staged(text);
    staged.run(pipeline);
    bool opensTopK = llvm::StringRef(pipeline).contains("topk"), splits = llvm::StringRef(pipeline).contains("split");
    EXPECT_EQ(staged.count("adamas.topk"), opensTopK ? 0 : 1 + c.twoPasses);
    EXPECT_EQ(staged.count("adamas.compact"), opensTopK ? 1 + c.twoPasses : 0);
    EXPECT_EQ(staged.count("adamas.partition") + staged.count("arith.constant") > 0, splits);
    expectSame(expected, staged.evaluate(arguments), arguments);
  }
}

const std::string open = "adamas-open-topk,adamas-open-attention";

std::string split(const std::string &options) { return open + ",adamas-split-tokens{" + options + "}"; }

TEST(Sel6, EveryDivisionGivesTheSameSelection) {
  std::mt19937 random(1);
  std::vector<std::string> pipelines{"adamas-open-topk",
                                     "adamas-open-attention",
                                     "adamas-open-attention,adamas-open-topk",
                                     open,
                                     split("ways=2"),
                                     split("ways=3 tile=1"),
                                     split("ways=7"),
                                     split("ways=64"),
                                     split("ways=64 tile=1"),
                                     split("ways=5 tile=1000"),
                                     split("boundaries=0,1,1,40,149,150"),
                                     split("boundaries=0,0,150,150"),
                                     split("boundaries=0,1000,2000")};
  for (bool weighted : {false, true})
    for (bool perKvHead : {false, true})
      for (int64_t group : {1, 3, 4})
        for (int64_t queryTokens : {1, 2})
          for (bool twoPasses : {false, true}) {
            Case c{weighted, perKvHead, twoPasses, random() % 3 == 0, group, queryTokens, 2, 0, 1, 16, DType::F16};
            // The rest varies at random; two passes need planes to drop.
            c.bits = twoPasses ? 2 + random() % 3 : 1 + random() % 4;
            c.sink = std::array<int64_t, 3>{0, 4, 7}[random() % 3];
            c.recent = std::array<int64_t, 3>{1, 2, 9}[random() % 3];
            c.dtype = std::array<DType, 3>{DType::F16, DType::BF16, DType::F32}[random() % 3];
            check(c, random, pipelines);
          }
}

TEST(Sel3, BudgetsFromOneTokenToAll) {
  std::mt19937 random(2);
  for (bool ties : {false, true})
    for (int64_t budget : {1, 2, 149, 150, 151, 300}) {
      Case c{false, false, budget % 2 == 0, ties, 3, 1, 2, budget > 2 ? 1 : 0, 1, budget, DType::F32};
      check(c, random, {open, split("ways=3"), split("boundaries=0,1,2,75,150")});
    }
  // Nothing but forced tokens: need is 0.
  Case c{true, true, false, false, 4, 2, 2, 8, 8, 16, DType::F32};
  check(c, random, {open, split("ways=7")});
}

TEST(Sel6, BoundariesShortOfTheTokensAreAnError) {
  std::mt19937 random(3);
  Case c{false, false, false, false, 1, 1, 2, 0, 1, 16, DType::F32};
  Module staged(c.text());
  staged.run(split("boundaries=0,10,149"));
  EXPECT_EQ(
      staged.errorOf(c.arguments(random)),
      "'adamas.histogram' op expects the last boundary of 'parts' to be at least the 150 tokens in use, but got 149");
}

} // namespace
