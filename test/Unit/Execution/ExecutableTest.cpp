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

TEST_F(ExecutableTest, UnknownCpu) {
  HostOptions options;
  options.cpu = "z80";
  auto compiled = Executable::compile(*module, options);
  ASSERT_FALSE(bool(compiled));
  EXPECT_THAT(llvm::toString(compiled.takeError()), HasSubstr("got 'z80'"));
}

} // namespace
