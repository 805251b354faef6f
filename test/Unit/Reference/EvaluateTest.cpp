// Functions evaluated as a whole: arguments, constants, kernels, pools, and diagnostics at the op.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSupport.h"

using namespace mlir::adamas;
using namespace mlir::adamas::test;

namespace {

/// The paper's step with Hq 4, Hkv 2, D 32.
constexpr char decode[] = R"(
func.func @decode(%query: tensor<?x4x32xf16>, %key: tensor<?x2x?x32xf16>, %value: tensor<?x2x?x32xf16>, %n: tensor<?xi32>,
                  %t: tensor<2x3xf32>) -> (tensor<?x4x8xi32>, tensor<?x4xi32>, tensor<?x4x32xf16>, tensor<?x4xf32>) {
  %y = adamas.hadamard %query : tensor<?x4x32xf16>
  %q = adamas.bucketize_pack %y thresholds(%t : tensor<2x3xf32>) : tensor<?x4x32xf32>
  %z = adamas.hadamard %key : tensor<?x2x?x32xf16>
  %k = adamas.bucketize_pack %z thresholds(%t : tensor<2x3xf32>) heads_axis 1 : tensor<?x2x?x32xf32>
  %d = adamas.l1_distance %q, %k seq_lens(%n : tensor<?xi32>) : tensor<?x4x!adamas.codes<32, 2>>, tensor<?x2x?x!adamas.codes<32, 2>>
  %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 8 : tensor<?x4x?xi32>
  %o, %lse = adamas.sparse_attention %query, %key, %value, %i, %m lse : tensor<?x4x32xf16>, tensor<?x2x?x32xf16>, tensor<?x4x8xi32>, tensor<?x4xi32>
  return %i, %m, %o, %lse : tensor<?x4x8xi32>, tensor<?x4xi32>, tensor<?x4x32xf16>, tensor<?x4xf32>
})";

struct Arguments {
  std::mt19937 random{11};
  Tensor query = randomFloats(DType::F16, {2, 4, 32}, random), key = randomFloats(DType::F16, {2, 2, 50, 32}, random);
  Tensor value = randomFloats(DType::F16, {2, 2, 50, 32}, random), lengths = ints({2}, {50, 5});
  Tensor thresholds = floats(DType::F32, {2, 3}, {-0.7, 0, 0.7, -0.6, 0.1, 0.6});
  std::vector<Tensor> all() const { return {query, key, value, lengths, thresholds}; }
};

TEST(Evaluate, DecodeStep) {
  std::vector<Tensor> results = Module(decode).evaluate(Arguments().all());
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[0].describe(), "tensor 2x4x8 of I32");
  EXPECT_EQ(elements(results[1]), std::vector<int64_t>({8, 8, 8, 8, 5, 5, 5, 5}));
  EXPECT_EQ(results[2].describe(), "tensor 2x4x32 of F16");
  for (int64_t h = 0; h < 4; ++h) {
    EXPECT_EQ(results[0].getInt(h * 8 + 7), 49); // the current token
    for (int64_t k = 0; k < 8; ++k)
      EXPECT_EQ(results[0].getInt((4 + h) * 8 + k), k < 5 ? k : -1);
  }
}

TEST(Evaluate, ArgumentsThatDoNotFit) {
  Module module(decode);
  Arguments a;
  EXPECT_EQ(module.errorOf({a.query, a.key}), "'func.func' op expects 5 arguments, but got 2");
  EXPECT_EQ(module.errorOf({a.query.castTo(DType::F32), a.key, a.value, a.lengths, a.thresholds}),
            "'func.func' op expects argument 0 to fit 'tensor<?x4x32xf16>', but got a tensor 2x4x32 of F32");
  EXPECT_EQ(module.errorOf({a.query, a.key, a.value.reshaped({2, 50, 2, 32}), a.lengths, a.thresholds}),
            "'func.func' op expects argument 2 to fit 'tensor<?x2x?x32xf16>', but got a tensor 2x50x2x32 of F16");
  EXPECT_EQ(module.errorOf({a.query, a.key, a.value, ints({3}, {1, 1, 1}), a.thresholds}),
            "'adamas.l1_distance' op expects 'seq_lens' to have the shape 2, but got 3");
  Tensor value(DType::F16, {2, 2, 49, 32});
  EXPECT_EQ(module.errorOf({a.query, a.key, value, a.lengths, a.thresholds}),
            "'adamas.sparse_attention' op expects 'value' to have the shape 2x2x50x32, but got 2x2x49x32");
  Tensor key(DType::F16, {3, 2, 50, 32});
  EXPECT_EQ(module.errorOf({a.query, key, key, a.lengths, a.thresholds}),
            "'adamas.l1_distance' op expects the batch of 'key' to be 1 or that of the query, 2, but got 3");
}

TEST(Evaluate, Buk1AndLengthsAtTheOp) {
  Module module(decode);
  Arguments a;
  Tensor thresholds = floats(DType::F32, {2, 3}, {-0.7, 0, 0.7, -0.6, 0.1, 0.1});
  EXPECT_EQ(
      module.errorOf({a.query, a.key, a.value, a.lengths, thresholds}),
      "'adamas.bucketize_pack' op expects strictly increasing 'thresholds', but number 2 of head 1, 0.100000001, is "
      "not above number 1, 0.100000001");
  EXPECT_EQ(module.errorOf({a.query, a.key, a.value, ints({2}, {50, 51}), a.thresholds}),
            "'adamas.l1_distance' op expects 'seq_lens' to be from 0 to 50, but got 51 for sequence 1");
}

TEST(Evaluate, ConstantsAndBoundaries) {
  Module module(R"(
func.func @count(%d: tensor<1x1x6xi32>) -> (tensor<1x1x2x4xi32>, tensor<3xi32>, tensor<2xf16>, tensor<2xi8>) {
  %p = arith.constant dense<[0, 4, 6]> : tensor<3xi32>
  %h = adamas.histogram %d parts(%p : tensor<3xi32>) bins 4 : tensor<1x1x6xi32>
  %f = arith.constant dense<1.5> : tensor<2xf16>
  %b = arith.constant dense<[-1, 127]> : tensor<2xi8>
  return %h, %p, %f, %b : tensor<1x1x2x4xi32>, tensor<3xi32>, tensor<2xf16>, tensor<2xi8>
})");
  std::vector<Tensor> results = module.evaluate({ints({1, 1, 6}, {0, 1, 1, 3, 3, 0})});
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(elements(results[0]), std::vector<int64_t>({1, 2, 0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(elements(results[1]), std::vector<int64_t>({0, 4, 6}));
  EXPECT_EQ(results[2].getFloat(1), 1.5);
  EXPECT_EQ(elements(results[3]), std::vector<int64_t>({-1, 127}));
}

TEST(Evaluate, BoundariesThatDoNotAscend) {
  Module module(R"(
func.func @count(%d: tensor<1x1x6xi32>, %p: tensor<3xi32>) -> tensor<1x1x2x4xi32> {
  %h = adamas.histogram %d parts(%p : tensor<3xi32>) bins 4 : tensor<1x1x6xi32>
  return %h : tensor<1x1x2x4xi32>
})");
  Tensor distances = ints({1, 1, 6}, {0, 1, 1, 3, 3, 0});
  EXPECT_EQ(module.errorOf({distances, ints({3}, {0, 7, 6})}),
            "'adamas.histogram' op expects 'parts' to ascend, but got 6 after 7 at 2");
  EXPECT_EQ(module.errorOf({distances, ints({3}, {0, 2, 5})}),
            "'adamas.histogram' op expects the last boundary of 'parts' to be at least the 6 tokens in use, but got 5");
}

TEST(Evaluate, OpsOfOthers) {
  EXPECT_EQ(Module(R"(
func.func @f(%d: tensor<2xi32>) -> tensor<2xi32> {
  %s = arith.addi %d, %d : tensor<2xi32>
  return %s : tensor<2xi32>
})")
                .errorOf({ints({2}, {1, 2})}),
            "'arith.addi' op is not an op that the reference evaluates: expected ops of adamas in form 1, 2 or 3 and "
            "constant tensors");
  EXPECT_EQ(Module("func.func private @f(tensor<2xi32>) -> tensor<2xi32>").errorOf({ints({2}, {1, 2})}),
            "'func.func' op expects a body of one block to evaluate, but got 0");
  EXPECT_EQ(Module("func.func @f(%x: index) { return }").errorOf({ints({}, {1})}),
            "'func.func' op expects arguments that are tensors, but number 0 has type 'index'");
}

TEST(Evaluate, ResultsThatNoHostHolds) {
  EXPECT_EQ(Module(R"(
func.func @f(%d: tensor<?x9x?xi32>) -> tensor<?x9x2147483647xi32> {
  %i, %m = adamas.topk %d budget 2147483647 bound 3 : tensor<?x9x?xi32>
  return %i : tensor<?x9x2147483647xi32>
})")
                .errorOf({Tensor(DType::I32, {1, 9, 4})}),
            "'adamas.topk' op needs a tensor of 77309411292 bytes, 1x9x2147483647 of I32, but the reference holds at "
            "most 17179869184");
}

TEST(Evaluate, KernelsEvaluateTheirRegion) {
  Module module(R"(
func.func @rotate(%query: tensor<?x4x32xf16>, %t: tensor<3xf32>) -> (tensor<?x4x!adamas.codes<32, 2>>, tensor<?x4x32xf32>) {
  %0, %1 = adamas.kernel row #adamas.cpu<16, words> {
    %y = adamas.hadamard %query in global : tensor<?x4x32xf16>
    %q = adamas.bucketize_pack %y thresholds(%t : tensor<3xf32>) in global : tensor<?x4x32xf32>
    adamas.yield %q, %y : tensor<?x4x!adamas.codes<32, 2>>, tensor<?x4x32xf32>
  } : tensor<?x4x!adamas.codes<32, 2>>, tensor<?x4x32xf32>
  return %0, %1 : tensor<?x4x!adamas.codes<32, 2>>, tensor<?x4x32xf32>
})");
  std::vector<Tensor> results = module.evaluate({Arguments().query, floats(DType::F32, {3}, {-1, 0, 1})});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].describe(), "tensor 2x4x2x1 of U32");
  EXPECT_EQ(results[1].describe(), "tensor 2x4x32 of F32");
}

TEST(Kv1, AppendThenViewGivesTheContiguousCache) {
  Module module(R"(
func.func @f(%k: tensor<?x2x32xf16>, %v: tensor<?x2x32xf16>, %s: tensor<?xi32>, %t: tensor<3xf32>, %table: tensor<?x2xi32>,
             %kp: tensor<?x4x2x32xf16>, %vp: tensor<?x4x2x32xf16>, %cp: tensor<?x4x2x!adamas.codes<32, 2>>)
    -> (tensor<?x2x8x32xf16>, tensor<?x2x8x!adamas.codes<32, 2>>) {
  %0:3 = adamas.append %k, %v at %s into %kp, %vp, %cp thresholds(%t : tensor<3xf32>) layout token_major
    : tensor<?x2x32xf16>, tensor<?xi32>, tensor<?x4x2x32xf16>, tensor<?x4x2x!adamas.codes<32, 2>>
  %key = adamas.paged_view %0#0, %table layout token_major : tensor<?x4x2x32xf16>, tensor<?x2xi32>
  %codes = adamas.paged_view %0#2, %table layout token_major : tensor<?x4x2x!adamas.codes<32, 2>>, tensor<?x2xi32>
  return %key, %codes : tensor<?x2x8x32xf16>, tensor<?x2x8x!adamas.codes<32, 2>>
})");
  std::mt19937 random(12);
  Tensor key = randomFloats(DType::F16, {8, 2, 32}, random), thresholds = floats(DType::F32, {3}, {-1, 0, 1});
  Tensor pool(DType::F16, {3, 4, 2, 32}), codes(DType::U32, {3, 4, 2, 2, 1});
  auto arguments = [&](const std::vector<int64_t> &slots, const std::vector<int64_t> &pages) {
    return std::vector<Tensor>{key, key, ints({8}, slots), thresholds, ints({1, 2}, pages), pool, pool, codes};
  };
  // The sequence lies in pages 2 and 0; its tokens come out of order.
  std::vector<Tensor> results = module.evaluate(arguments({8, 9, 10, 11, 3, 2, 1, 0}, {2, 0}));
  ASSERT_EQ(results.size(), 2u);
  for (int64_t n = 0; n < 8; ++n)
    for (int64_t h = 0; h < 2; ++h)
      EXPECT_EQ(results[0].getFloat((h * 8 + n) * 32), key.getFloat(((n < 4 ? n : 11 - n) * 2 + h) * 32));
  EXPECT_EQ(results[1].describe(), "tensor 1x2x8x2x1 of U32");
  EXPECT_EQ(module.errorOf(arguments({8, 9, 12, 11, 3, 2, 1, 0}, {2, 0})),
            "'adamas.append' op expects 'slots' to be -1 or from 0 to 11, but got 12 at 2");
  EXPECT_EQ(module.errorOf(arguments({8, 9, 10, 11, 3, 2, 1, 0}, {3, 0})),
            "'adamas.paged_view' op expects 'page_table' to hold -1 or a page from 0 to 2, but got 3 in entry 0 of "
            "sequence 0");
}

} // namespace
