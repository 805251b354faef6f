// Compiled decode steps against the reference over random shapes, and over every code path of the host.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "DecodeCase.h"
#include "gtest/gtest.h"
#include <cstdlib>

using namespace mlir;
using namespace mlir::adamas;
using namespace mlir::adamas::test;

namespace {

class DecodeGrid : public testing::Test {
protected:
  DecodeGrid() : context(MLIRContext::Threading::DISABLED) { prepareContext(context); }

  void check(const DecodeCase &decode, unsigned seed) {
    std::mt19937 random(seed);
    std::string difference = decode.compare(context, random);
    EXPECT_EQ(difference, "") << decode.describe() << " seed " << seed;
  }

  /// Cases to draw; ADAMAS_TEST_CASES raises it for a long run.
  static unsigned count() {
    const char *text = std::getenv("ADAMAS_TEST_CASES");
    return text ? std::atoi(text) : 40;
  }

  MLIRContext context;
};

TEST_F(DecodeGrid, RandomCasesAgreeWithTheReference) {
  for (unsigned seed = 0; seed < count() && !HasFailure(); ++seed) {
    std::mt19937 random(seed);
    DecodeCase decode = DecodeCase::random(random);
    check(decode, seed + 1000);
  }
}

// Older CPUs take other lanes and bit counts; every x86-64 with AVX-512 runs them too.
TEST_F(DecodeGrid, OlderCpusGiveTheSameIntegers) {
  for (const char *cpu : {"x86-64", "haswell"})
    for (auto metric : {DecodeCase::L1, DecodeCase::Weighted, DecodeCase::TwoPass})
      for (DType dtype : {DType::F16, DType::BF16, DType::F32}) {
        DecodeCase decode;
        decode.metric = metric;
        decode.dtype = dtype;
        decode.bits = metric == DecodeCase::TwoPass ? 4 : 2;
        decode.dim = 128;
        decode.lengths = {300, 217};
        decode.host.cpu = cpu;
        check(decode, 7);
      }
}

// More words than a byte sum takes before it is widened.
TEST_F(DecodeGrid, ByteSumsAreWidenedInTime) {
  DecodeCase decode;
  decode.bits = 4;
  decode.dim = 1024;
  decode.group = 1;
  decode.lengths = {300, 300};
  decode.host.cpu = "haswell";
  check(decode, 3);
  decode.metric = DecodeCase::Weighted;
  decode.cap = 127;
  check(decode, 4);
}

// Distances at and beyond 16 bits: 15 * 2 * 32768 needs 32.
TEST_F(DecodeGrid, WideDistancesAreStoredWide) {
  DecodeCase decode;
  decode.metric = DecodeCase::Weighted;
  decode.bits = 4;
  decode.dim = 256;
  decode.cap = 127;
  decode.range = 32768;
  decode.lengths = {300, 299};
  check(decode, 5);
}

} // namespace
