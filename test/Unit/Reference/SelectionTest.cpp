// Selection by the reference, whole and opened (spec sel-1..6, ref-2, nq-1), by hand.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"

#include "adamas/Reference/Rules.h"

using namespace mlir::adamas;
using namespace mlir::adamas::reference;
using namespace mlir::adamas::test;

namespace {

using Ints = std::vector<int64_t>;

/// The list of the only row of `distances`.
Ints select(const Ints &distances, int64_t budget, int64_t sink = 0, int64_t recent = 1) {
  Selection got =
      ok(topK(ints({1, 1, int64_t(distances.size())}, distances), nullptr, nullptr, budget, sink, recent, {}));
  EXPECT_EQ(got.indices.shape(), llvm::ArrayRef<int64_t>({1, 1, budget}));
  Ints list = elements(got.indices);
  for (size_t i = 0; i < list.size(); ++i)
    EXPECT_EQ(list[i] == -1, int64_t(i) >= got.lengths.getInt(0)) << "sel-5: padding and length";
  return list;
}

TEST(Sel1, SinkAndRecentAreForced) {
  EXPECT_EQ(select({9, 9, 0, 0, 0, 9, 9}, 4, 2, 2), Ints({0, 1, 5, 6}));
  EXPECT_EQ(select({9, 9, 0, 1, 0, 9, 9}, 6, 2, 2), Ints({0, 1, 2, 4, 5, 6}));
  EXPECT_EQ(select({0, 0, 9}, 1), Ints({2})); // the current token
}

TEST(Sel1, ForcedPositionsAreWhatIsForced) {
  for (int64_t length = 0; length < 12; ++length)
    for (int64_t sink = 0; sink < 15; ++sink)
      for (int64_t recent = 1; recent < 15; ++recent) {
        std::vector<int32_t> expected;
        for (int64_t n = 0; n < length; ++n)
          if (isForced(n, length, sink, recent))
            expected.push_back(n);
        EXPECT_EQ(forcedPositions(length, sink, recent), expected) << length << " " << sink << " " << recent;
      }
}

TEST(Sel2, TiesGoToTheNewest) {
  EXPECT_EQ(select({5, 5, 5, 5, 5, 5}, 3), Ints({3, 4, 5}));
  EXPECT_EQ(select({1, 5, 5, 0, 5, 9}, 4), Ints({0, 3, 4, 5}));
  EXPECT_EQ(select({5, 1, 5, 5, 9, 9}, 3), Ints({1, 3, 5}));
}

TEST(Sel3, AllTokensWhereTheyFit) {
  EXPECT_EQ(select({7, 7, 7}, 3), Ints({0, 1, 2}));
  EXPECT_EQ(select({7, 7, 7}, 5), Ints({0, 1, 2, -1, -1}));
  EXPECT_EQ(select({7, 7, 7}, 8, 4, 4), Ints({0, 1, 2, -1, -1, -1, -1, -1})); // forced sets overlap and are clipped
  EXPECT_EQ(select({}, 2), Ints({-1, -1}));
}

TEST(Nq1, LengthsReplaceN) {
  // Two query tokens of sequences of 4 and 0 tokens; what lies beyond is not looked at.
  Tensor distances =
      ints({2, 2, 1, 5}, {3, 1, 2, -1, -1, /**/ 3, 1, 2, 2, -1, /**/ -1, -1, -1, -1, -1, /**/ -1, -1, -1, -1, -1});
  Tensor lengths = ints({2}, {4, 0});
  Selection got = ok(topK(distances, &lengths, nullptr, 2, 0, 1, 3));
  EXPECT_EQ(elements(got.indices), Ints({1, 2, 1, 3, -1, -1, -1, -1}));
  EXPECT_EQ(elements(got.lengths), Ints({2, 2, 0, 0}));
}

TEST(Ref2, SelectsAmongCandidates) {
  // 10 tokens; 9 is forced though not listed, 0 is forced and listed.
  Tensor candidates = ints({1, 1, 6}, {0, 2, 4, 5, 7, -1}), distances = ints({1, 1, 6}, {96, 3, 1, 3, 8, -1});
  Tensor lengths = ints({1}, {10});
  Selection got = ok(topK(distances, &lengths, &candidates, 4, 1, 1, 96));
  EXPECT_EQ(elements(got.indices), Ints({0, 4, 5, 9}));
  // List and forced together fit: all of it.
  got = ok(topK(distances, &lengths, &candidates, 8, 1, 2, 96));
  EXPECT_EQ(elements(got.indices), Ints({0, 2, 4, 5, 7, 8, 9, -1}));
  EXPECT_EQ(elements(got.lengths), Ints({7}));
  Tensor wrong = ints({1, 1, 6}, {0, 4, 2, 5, 7, -1});
  EXPECT_EQ(errorOf(topK(distances, &lengths, &wrong, 4, 1, 1, 96)),
            "expects the positions of 'candidates' to ascend, but got 2 after 4 at 2 of sequence 0, head 0");
  Tensor beyond = ints({1, 1, 6}, {0, 2, 4, 5, 10, -1});
  EXPECT_EQ(errorOf(topK(distances, &lengths, &beyond, 4, 1, 1, 96)),
            "expects the positions of 'candidates' to be from 0 to 9, but got 10 at 4 of sequence 0, head 0");
}

TEST(Sel6, DistancesBeyondTheBound) {
  Tensor distances = ints({1, 1, 3}, {3, 4, 9}); // the last is forced, so nobody looks at it
  EXPECT_EQ(errorOf(topK(distances, nullptr, nullptr, 2, 0, 1, 3)),
            "expects 'distances' to be from 0 to 3, but got 4 at position 1 of sequence 0, head 0");
  EXPECT_EQ(errorOf(histogram(distances, nullptr, nullptr, nullptr, 4, 0, 1)),
            "expects 'distances' to be from 0 to 3, but got 4 at position 1 of sequence 0, head 0");
  EXPECT_EQ(errorOf(topK(distances, nullptr, nullptr, 2, 0, 1, 4)), "");
  EXPECT_EQ(errorOf(histogram(distances, nullptr, nullptr, nullptr, 5, 0, 1)), "");
}

TEST(Sel6, PartsOfWholeTiles) {
  EXPECT_EQ(elements(ok(partition(100, 1, 16))), Ints({0, 100}));
  EXPECT_EQ(elements(ok(partition(100, 3, 16))), Ints({0, 32, 64, 100})); // 7 tiles: 2, 2, 3
  EXPECT_EQ(elements(ok(partition(10, 4, 4))), Ints({0, 0, 4, 8, 10}));
  EXPECT_EQ(elements(ok(partition(0, 2, 16))), Ints({0, 0, 0}));
  EXPECT_EQ(elements(ok(partition(40, 2, INT64_MAX))), Ints({0, 0, 40}));
  EXPECT_EQ(llvm::toString(checkParts(ints({3}, {0, 5, 10}), 10)), "");
  EXPECT_EQ(llvm::toString(checkParts(ints({3}, {0, 5, 4}), 4)), "expects 'parts' to ascend, but got 4 after 5 at 2");
  EXPECT_EQ(llvm::toString(checkParts(ints({2}, {1, 5}), 4)),
            "expects 'parts' to begin with 0 and hold 2 boundaries or more");
  EXPECT_EQ(llvm::toString(checkParts(ints({2}, {0, 5}), 6)),
            "expects the last boundary of 'parts' to be at least the 6 tokens in use, but got 5");
}

TEST(Sel6, HistogramOfParts) {
  Tensor distances = ints({1, 1, 7}, {0, 2, 2, 1, 2, 0, 0}), parts = ints({5}, {0, 2, 2, 5, 100});
  Tensor got = ok(histogram(distances, nullptr, &parts, nullptr, 3, 1, 1)); // 0 and 6 are forced
  EXPECT_EQ(got.shape(), llvm::ArrayRef<int64_t>({1, 1, 4, 3}));
  EXPECT_EQ(elements(got), Ints({0, 0, 1, /**/ 0, 0, 0, /**/ 0, 1, 2, /**/ 1, 0, 0}));
}

TEST(Sel6, ThresholdAndTiesLeftOut) {
  Tensor counts = ints({1, 1, 3, 3}, {0, 0, 1, /**/ 0, 1, 2, /**/ 1, 0, 2});
  auto find = [&](int64_t need) {
    Threshold got = ok(threshold(counts, need));
    Ints result = elements(got.threshold);
    for (int64_t skip : elements(got.skip))
      result.push_back(skip);
    return result;
  };
  EXPECT_EQ(find(0), Ints({-1, 0, 0, 0}));
  EXPECT_EQ(find(1), Ints({0, 0, 0, 0}));
  EXPECT_EQ(find(2), Ints({1, 0, 0, 0}));
  EXPECT_EQ(find(3), Ints({2, 1, 2, 1})); // 7 are within 2, so the 4 oldest ties go
  EXPECT_EQ(find(6), Ints({2, 1, 0, 0}));
  EXPECT_EQ(find(7), Ints({2, 0, 0, 0}));
  EXPECT_EQ(find(9), Ints({2, 0, 0, 0})); // not so many
}

TEST(Sel6, CompactOfParts) {
  Tensor distances = ints({1, 1, 7}, {0, 2, 2, 1, 2, 0, 0}), parts = ints({4}, {0, 2, 5, 7});
  Threshold at{ints({1, 1}, {2}), ints({1, 1, 3}, {1, 1, 0})};
  Selection got = ok(compact(distances, at, nullptr, &parts, nullptr, 5, 1, 1));
  EXPECT_EQ(elements(got.indices), Ints({0, -1, -1, -1, -1, /**/ 3, 4, -1, -1, -1, /**/ 5, 6, -1, -1, -1}));
  EXPECT_EQ(elements(got.lengths), Ints({1, 2, 2}));
  Selection joined = ok(join(got.indices, got.lengths));
  EXPECT_EQ(elements(joined.indices), Ints({0, 3, 4, 5, 6}));
  EXPECT_EQ(elements(joined.lengths), Ints({5}));
}

TEST(Sel6, CompactRefusesMoreThanTheBudget) {
  Tensor distances = ints({1, 1, 3}, {0, 0, 0});
  Threshold at{ints({1, 1}, {1}), ints({1, 1, 1}, {0})};
  EXPECT_EQ(errorOf(compact(distances, at, nullptr, nullptr, nullptr, 2, 0, 1)),
            "expects 'threshold' and 'skip' to leave at most 'budget' 2 tokens, but sequence 0, head 0 has more");
}

TEST(Ref2, CompactTakesForcedTokensThatNoListHolds) {
  Tensor candidates = ints({1, 1, 4}, {1, 3, 4, -1}), distances = ints({1, 1, 4}, {7, 2, 2, -1}),
         lengths = ints({1}, {8});
  Tensor counts = ok(histogram(distances, &lengths, nullptr, &candidates, 8, 2, 1)); // 0, 1 and 7 are forced
  EXPECT_EQ(elements(counts), Ints({0, 0, 2, 0, 0, 0, 0, 0}));
  Threshold at = ok(threshold(counts, 1));
  Selection got = ok(compact(distances, at, &lengths, nullptr, &candidates, 4, 2, 1));
  EXPECT_EQ(elements(got.indices), Ints({0, 1, 4, 7}));
}

TEST(Sel5, JoinChecksItsLengths) {
  Tensor lists = ints({1, 1, 2, 2}, {0, 1, 2, 3});
  EXPECT_EQ(errorOf(join(lists, ints({1, 1, 2}, {1, 2}))),
            "expects the 'lengths' of a row to be at least 0 and at most 2 together, but got 2 after 1 in row 0");
  EXPECT_NE(errorOf(join(lists, ints({1, 1, 2}, {-1, 2}))), "");
}

} // namespace
