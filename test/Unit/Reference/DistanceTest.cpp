// Distances of the reference (spec dst-1..4, wgt-3, pak-4, sel-4, nq-1, ref-1), by hand and by identities.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"

#include "adamas/Reference/Rules.h"
#include "llvm/ADT/bit.h"

using namespace mlir::adamas;
using namespace mlir::adamas::reference;
using namespace mlir::adamas::test;

namespace {

constexpr int64_t dim = 32;

std::vector<int64_t> randomCodes(int64_t count, int64_t bits, std::mt19937 &random) {
  std::vector<int64_t> codes(count);
  for (int64_t &code : codes)
    code = random() % (1 << bits); // dst-4: all of them
  return codes;
}

/// `vectors` code vectors, vector v all of code v.
std::vector<int64_t> constantCodes(const std::vector<int64_t> &vectors) {
  std::vector<int64_t> codes;
  for (int64_t code : vectors)
    codes.insert(codes.end(), dim, code);
  return codes;
}

Tensor l1(const Tensor &query, const Tensor &key, const Tensor *seqLens = nullptr, const Tensor *candidates = nullptr,
          Policy policy = Policy::PerQueryHead) {
  return ok(l1Distance(query, key, seqLens, candidates, query.dim(-2), policy));
}

TEST(Dst1, SumOfAbsoluteDifferences) {
  Tensor query = packed({1, 1}, dim, 2, constantCodes({1}));
  Tensor key = packed({1, 1, 4}, dim, 2, constantCodes({0, 1, 2, 3}));
  EXPECT_EQ(elements(l1(query, key)), std::vector<int64_t>({32, 0, 32, 64}));
}

TEST(Dst2, QueryHeadsMeetTheirKvHead) {
  Tensor query = packed({1, 6}, dim, 2, constantCodes({0, 0, 0, 0, 0, 0}));
  Tensor key = packed({1, 2, 1}, dim, 2, constantCodes({1, 3}));
  EXPECT_EQ(elements(l1(query, key)), std::vector<int64_t>({32, 32, 32, 96, 96, 96}));
}

TEST(Dst3, IdentitiesForTwoBits) {
  std::mt19937 random(3);
  std::vector<int64_t> q = randomCodes(64, 2, random), k = randomCodes(50 * 64, 2, random);
  Tensor query = packed({1, 1}, 64, 2, q), key = packed({1, 1, 50}, 64, 2, k);
  std::vector<int64_t> distances = elements(l1(query, key));
  for (int64_t n = 0; n < 50; ++n) {
    int64_t thermometer = 0, xorForm = 0;
    for (int64_t w = 0; w < 2; ++w) {
      uint32_t ql = query.as<uint32_t>()[w], qh = query.as<uint32_t>()[2 + w];
      uint32_t kl = key.as<uint32_t>()[4 * n + w], kh = key.as<uint32_t>()[4 * n + 2 + w];
      thermometer +=
          llvm::popcount((kl | kh) ^ (ql | qh)) + llvm::popcount(kh ^ qh) + llvm::popcount((kl & kh) ^ (ql & qh));
      uint32_t xl = ql ^ kl, xh = qh ^ kh, par = ql ^ qh;
      xorForm += llvm::popcount(xl) + 2 * llvm::popcount(xh & ~(xl & par));
    }
    EXPECT_EQ(distances[n], thermometer) << n;
    EXPECT_EQ(distances[n], xorForm) << n;
  }
}

TEST(Dst4, EveryPairOfCodesOfEveryWidth) {
  for (int64_t bits = 1; bits <= 4; ++bits)
    for (int64_t a = 0; a < 1 << bits; ++a)
      for (int64_t b = 0; b < 1 << bits; ++b)
        for (int64_t planes = 1; planes <= bits; ++planes) {
          Tensor query = packed({1, 1}, dim, bits, constantCodes({a}));
          Tensor key = packed({1, 1, 1}, dim, bits, constantCodes({b}));
          Tensor got = ok(l1Distance(query, key, nullptr, nullptr, planes, Policy::PerQueryHead));
          int64_t shift = bits - planes; // pak-4: both sides
          EXPECT_EQ(got.getInt(0), dim * std::abs((a >> shift) - (b >> shift)));
        }
}

TEST(Sel4, GroupSumsItsHeads) {
  std::mt19937 random(4);
  Tensor query = packed({2, 2, 6}, dim, 3, randomCodes(2 * 2 * 6 * dim, 3, random));
  Tensor key = packed({2, 2, 9}, dim, 3, randomCodes(2 * 2 * 9 * dim, 3, random));
  std::vector<int64_t> each = elements(l1(query, key));
  Tensor shared = l1(query, key, nullptr, nullptr, Policy::PerKvHead);
  EXPECT_EQ(shared.shape(), llvm::ArrayRef<int64_t>({2, 2, 2, 9}));
  for (int64_t bi = 0; bi < 4; ++bi)
    for (int64_t s = 0; s < 2; ++s)
      for (int64_t n = 0; n < 9 && bi % 2 == 1; ++n) { // query token 0 does not see the last token
        int64_t sum = 0;
        for (int64_t h = 3 * s; h < 3 * s + 3; ++h)
          sum += each[(bi * 6 + h) * 9 + n];
        EXPECT_EQ(shared.getInt((bi * 2 + s) * 9 + n), sum);
      }
}

TEST(Nq1, EachQueryTokenSeesOneMore) {
  Tensor query = packed({2, 2, 1}, dim, 1, constantCodes({0, 0, 0, 0}));
  Tensor key = packed({1, 1, 4}, dim, 1, constantCodes({0, 1, 1, 1})); // a batch of 1 is shared
  Tensor lengths = ints({2}, {3, 0});
  EXPECT_EQ(elements(l1(query, key, &lengths)), std::vector<int64_t>({
                                                    0,
                                                    32,
                                                    -1,
                                                    -1, // sees 3 - 2 + 0 + 1
                                                    0,
                                                    32,
                                                    32,
                                                    -1, // sees 3
                                                    -1,
                                                    -1,
                                                    -1,
                                                    -1, // N_b = 0
                                                    -1,
                                                    -1,
                                                    -1,
                                                    -1,
                                                }));
  Tensor short1 = ints({2}, {3, 1});
  EXPECT_EQ(errorOf(l1Distance(query, key, &short1, nullptr, 1, Policy::PerQueryHead)),
            "expects the length of a sequence to be 0 or at least its 2 query tokens, but got 1 for sequence 1");
}

TEST(Nq1, LengthsOutsideTheCache) {
  Tensor query = packed({2, 1}, dim, 1, constantCodes({0, 0}));
  Tensor key = packed({2, 1, 4}, dim, 1, constantCodes({0, 1, 1, 1, 0, 0, 0, 0}));
  Tensor negative = ints({2}, {4, -1}), large = ints({2}, {5, 4});
  EXPECT_EQ(errorOf(l1Distance(query, key, &negative, nullptr, 1, Policy::PerQueryHead)),
            "expects 'seq_lens' to be from 0 to 4, but got -1 for sequence 1");
  EXPECT_EQ(errorOf(l1Distance(query, key, &large, nullptr, 1, Policy::PerQueryHead)),
            "expects 'seq_lens' to be from 0 to 4, but got 5 for sequence 0");
}

TEST(Kv1, EachSequenceReadsItsOwnKeys) {
  Tensor query = packed({2, 1}, dim, 2, constantCodes({0, 0}));
  EXPECT_EQ(elements(l1(query, packed({2, 1, 1}, dim, 2, constantCodes({1, 3})))), std::vector<int64_t>({32, 96}));
  EXPECT_EQ(elements(l1(query, packed({1, 1, 1}, dim, 2, constantCodes({3})))), std::vector<int64_t>({96, 96}));
}

TEST(Kv1, BatchesThatDoNotAgree) {
  Tensor query = packed({3, 1}, dim, 1, constantCodes({0, 0, 0}));
  Tensor key = packed({2, 1, 1}, dim, 1, constantCodes({0, 1}));
  EXPECT_EQ(errorOf(l1Distance(query, key, nullptr, nullptr, 1, Policy::PerQueryHead)),
            "expects the batch of 'key' to be 1 or that of the query, 3, but got 2");
}

TEST(Wgt3, WeightedWayToTheCorner) {
  std::vector<int64_t> weights(dim, 0), codes(dim, 0);
  weights[0] = 5, codes[0] = 1;  // 5 * (3 - 1) = 10
  weights[1] = -7, codes[1] = 3; // 7 * 3 = 21
  weights[2] = 1, codes[2] = 3;  // 0
  codes[3] = 2;                  // weight 0
  Tensor got = ok(
      weightedDistance(ints(DType::I8, {1, 1, dim}, weights), packed({1, 1, 1}, dim, 2, codes), nullptr, nullptr, 2));
  EXPECT_EQ(elements(got), std::vector<int64_t>({31}));
}

TEST(Wgt3, LinearFormAndRange) {
  std::mt19937 random(5);
  for (int64_t bits = 1; bits <= 4; ++bits)
    for (int64_t planes = 1; planes <= bits; ++planes) {
      std::vector<int64_t> w(dim), c = randomCodes(20 * dim, bits, random);
      for (int64_t &x : w)
        x = int64_t(random() % 15) - 7;
      Tensor got = ok(weightedDistance(ints(DType::I8, {1, 1, dim}, w), packed({1, 1, 20}, dim, bits, c), nullptr,
                                       nullptr, planes));
      int64_t m = (1 << planes) - 1;
      for (int64_t n = 0; n < 20; ++n) {
        int64_t expected = 0, size = 0;
        for (int64_t j = 0; j < dim; ++j) {
          expected += m * std::max<int64_t>(w[j], 0) - w[j] * (c[n * dim + j] >> (bits - planes));
          size += std::abs(w[j]);
        }
        EXPECT_EQ(got.getInt(n), expected);
        EXPECT_GE(expected, 0);
        EXPECT_LE(expected, m * size);
      }
    }
}

TEST(Ref1, CandidatesOnly) {
  Tensor query = packed({1, 2}, dim, 2, constantCodes({0, 1}));
  Tensor key = packed({1, 1, 4}, dim, 2, constantCodes({0, 1, 2, 3}));
  Tensor lengths = ints({1}, {4}), candidates = ints({1, 2, 3}, {1, 3, -1, 0, 2, 3});
  EXPECT_EQ(elements(l1(query, key, &lengths, &candidates)), std::vector<int64_t>({32, 96, -1, 32, 32, 64}));
}

TEST(Ref2, CandidatesThatAreWrong) {
  Tensor query = packed({1, 1}, dim, 2, constantCodes({0}));
  Tensor key = packed({1, 1, 4}, dim, 2, constantCodes({0, 1, 2, 3}));
  Tensor lengths = ints({1}, {3});
  auto error = [&](const std::vector<int64_t> &list) {
    Tensor candidates = ints({1, 1, 3}, list);
    return errorOf(l1Distance(query, key, &lengths, &candidates, 2, Policy::PerQueryHead));
  };
  EXPECT_EQ(error({2, 1, -1}),
            "expects the positions of 'candidates' to ascend, but got 1 after 2 at 1 of sequence 0, head 0");
  EXPECT_EQ(error({1, 1, -1}),
            "expects the positions of 'candidates' to ascend, but got 1 after 1 at 1 of sequence 0, head 0");
  EXPECT_EQ(error({0, 3, -1}),
            "expects the positions of 'candidates' to be from 0 to 2, but got 3 at 1 of sequence 0, head 0");
  EXPECT_EQ(error({-2, 1, 2}),
            "expects the positions of 'candidates' to be from 0 to 2, but got -2 at 0 of sequence 0, head 0");
  EXPECT_EQ(error({0, -1, 2}),
            "expects 'candidates' to hold -1 only after the first -1, but got 2 at 2 of sequence 0, head 0");
  EXPECT_EQ(error({-1, -1, -1}), "");
}

} // namespace
