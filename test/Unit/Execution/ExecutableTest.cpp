// Calls of compiled functions: what is checked, and what an error says.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "DecodeCase.h"
#include "mlir/Parser/Parser.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::adamas;
using namespace mlir::adamas::test;
using testing::HasSubstr;

namespace {

constexpr const char *dense = R"mlir(
  func.func @attend(%q: tensor<?x4x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x64xf32>, %n: tensor<?xi32>) -> tensor<?x4x64xf32> {
    %o = adamas.dense_attention %q, %k, %v, %n : tensor<?x4x64xf32>, tensor<?x2x?x64xf32>, tensor<?xi32>
    return %o : tensor<?x4x64xf32>
  }
)mlir";

class ExecutableTest : public testing::Test {
protected:
  ExecutableTest() : context(MLIRContext::Threading::DISABLED) {
    prepareContext(context);
    module = parseSourceString<ModuleOp>(dense, &context);
    auto compiled = Executable::compile(*module);
    EXPECT_TRUE(bool(compiled));
    executable = std::move(*compiled);
  }

  std::string run(StringRef name = "attend") {
    llvm::Error error = executable->run(
        name, {BufferView::of(query), BufferView::of(key), BufferView::of(value), BufferView::of(lengths)},
        {BufferView::of(output)});
    return error ? llvm::toString(std::move(error)) : "";
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<Executable> executable;
  Tensor query{DType::F32, {3, 4, 64}}, key{DType::F32, {3, 2, 20, 64}}, value{DType::F32, {3, 2, 20, 64}},
      lengths{DType::I32, {3}}, output{DType::F32, {3, 4, 64}};
};

TEST_F(ExecutableTest, RunsAndReportsItsTimes) {
  EXPECT_EQ(run(), "");
  EXPECT_GT(executable->times().passes, 0);
  EXPECT_GT(executable->times().codegen, 0);
}

TEST_F(ExecutableTest, CacheOfBatchOneIsShared) {
  key = value = Tensor(DType::F32, {1, 2, 20, 64});
  EXPECT_EQ(run(), "");
}

TEST_F(ExecutableTest, UnknownFunction) { EXPECT_THAT(run("other"), HasSubstr("got 'other'")); }

TEST_F(ExecutableTest, WrongRank) {
  query = Tensor(DType::F32, {3, 64});
  EXPECT_THAT(run(), HasSubstr("argument 0 of rank 3, but got rank 2"));
}

TEST_F(ExecutableTest, WrongStaticLength) {
  query = Tensor(DType::F32, {3, 5, 64});
  EXPECT_THAT(run(), HasSubstr("length 4 on axis 1, but got 5"));
}

TEST_F(ExecutableTest, BatchesDiffer) {
  output = Tensor(DType::F32, {2, 4, 64});
  EXPECT_THAT(run(), HasSubstr("of 3 sequences, as the others have, but got 2"));
}

TEST_F(ExecutableTest, TokensDiffer) {
  value = Tensor(DType::F32, {3, 2, 19, 64});
  EXPECT_THAT(run(), HasSubstr("of 20 tokens, as the others have, but got 19"));
}

TEST_F(ExecutableTest, LengthBeyondTheCache) {
  lengths.setInt(1, 21);
  EXPECT_THAT(run(), HasSubstr("values from 0 to 20, but got 21"));
}

/// Compiles `text` and calls its first function; the error, or nothing.
std::string callModule(MLIRContext &context, const char *text, SmallVector<Tensor> arguments,
                       SmallVector<Tensor> results) {
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return "cannot parse";
  auto compiled = Executable::compile(*module);
  if (!compiled)
    return llvm::toString(compiled.takeError());
  SmallVector<BufferView> in, out;
  for (Tensor &tensor : arguments)
    in.push_back(BufferView::of(tensor));
  for (Tensor &tensor : results)
    out.push_back(BufferView::of(tensor));
  llvm::Error error = (*compiled)->run("f", in, out);
  return error ? llvm::toString(std::move(error)) : "";
}

Tensor makeInts(ArrayRef<int64_t> shape, std::initializer_list<int64_t> values) {
  Tensor tensor(DType::I32, shape);
  for (auto [i, value] : llvm::enumerate(values))
    tensor.setInt(i, value);
  return tensor;
}

constexpr const char *listed = R"mlir(
  func.func @f(%q: tensor<?x1x32xf32>, %k: tensor<?x1x?x32xf32>, %i: tensor<?x1x4xi32>, %m: tensor<?x1xi32>) -> tensor<?x1x32xf32> {
    %o = adamas.sparse_attention %q, %k, %k, %i, %m : tensor<?x1x32xf32>, tensor<?x1x?x32xf32>, tensor<?x1x4xi32>, tensor<?x1xi32>
    return %o : tensor<?x1x32xf32>
  }
)mlir";

std::string attendList(MLIRContext &context, std::initializer_list<int64_t> list, int64_t length) {
  Tensor q(DType::F32, {1, 1, 32}), k(DType::F32, {1, 1, 20, 32});
  return callModule(context, listed, {q, k, makeInts({1, 1, 4}, list), makeInts({1, 1}, {length})}, {q});
}

TEST_F(ExecutableTest, ListsAscendAndHoldTheirLengths) {
  EXPECT_EQ(attendList(context, {3, 7, 19, -1}, 3), "");
  EXPECT_EQ(attendList(context, {-1, -1, -1, -1}, 0), "");
  EXPECT_THAT(attendList(context, {3, 3, -1, -1}, 2), HasSubstr("to ascend"));
  EXPECT_THAT(attendList(context, {3, -1, 8, -1}, 3), HasSubstr("from 0 to 1, but got 3"));
  EXPECT_THAT(attendList(context, {3, 20, -1, -1}, 2), HasSubstr("from -1 to 19, but got 20"));
  EXPECT_THAT(attendList(context, {-1, -1, -1, -1}, 1), HasSubstr("from 0 to 0, but got 1"));
}

TEST_F(ExecutableTest, CodesOfOneBatchAreNotSharedAsAResult) {
  const char *text = R"mlir(
    func.func @f(%k: tensor<?x1x?x32xf32>, %t: tensor<1xf32>) -> tensor<?x1x?x!adamas.codes<32, 1>> {
      %y = adamas.hadamard %k : tensor<?x1x?x32xf32>
      %c = adamas.bucketize_pack %y thresholds(%t : tensor<1xf32>) heads_axis 1 : tensor<?x1x?x32xf32>
      return %c : tensor<?x1x?x!adamas.codes<32, 1>>
    }
  )mlir";
  Tensor key(DType::F32, {2, 1, 20, 32}), t(DType::F32, {1});
  // Two sequences of keys do not fit the codes of one.
  EXPECT_NE(callModule(context, text, {key, t}, {allocateCodes(1, 1, 20, 1, 32)}), "");
  EXPECT_EQ(callModule(context, text, {key, t}, {allocateCodes(2, 1, 20, 1, 32)}), "");
}

TEST_F(ExecutableTest, DistancesBeyondTheBoundCountInTheLastBin) {
  const char *text = R"mlir(
    func.func @f(%d: tensor<?x1x?xi32>, %n: tensor<?xi32>) -> (tensor<?x1x4xi32>, tensor<?x1xi32>) {
      %i, %m = adamas.topk %d seq_lens(%n : tensor<?xi32>) budget 4 bound 10 : tensor<?x1x?xi32>
      return %i, %m : tensor<?x1x4xi32>, tensor<?x1xi32>
    }
  )mlir";
  Tensor d(DType::I32, {1, 1, 40});
  for (int64_t i = 0; i < 40; ++i)
    d.setInt(i, i % 2 ? 1 << 30 : 3);
  EXPECT_EQ(callModule(context, text, {d, makeInts({1}, {40})}, {makeInts({1, 1, 4}, {}), makeInts({1, 1}, {})}), "");
}

TEST_F(ExecutableTest, UnknownCpu) {
  HostOptions options;
  options.cpu = "z80";
  auto compiled = Executable::compile(*module, options);
  ASSERT_FALSE(bool(compiled));
  EXPECT_THAT(llvm::toString(compiled.takeError()), HasSubstr("got 'z80'"));
}

} // namespace
