// Expressions over sizes: values, grammar, overflow.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Expression.h"
#include "gtest/gtest.h"
#include <nlohmann/json.hpp>

using namespace adamas::impl;
using nlohmann::json;

namespace {

// Manifest value 0 is the second tensor of a call, 1 is workspace, 2 the first tensor.
const Expression::Scope scope = {{1, -1, 0}, {2, 1, 3}};

int64_t evaluate(const char *text, std::vector<int64_t> first = {0, 0, 0}, std::vector<int64_t> second = {0, 0}) {
  adamas_tensor tensors[2] = {};
  std::copy(first.begin(), first.end(), tensors[0].sizes);
  std::copy(second.begin(), second.end(), tensors[1].sizes);
  return Expression::parse(json::parse(text), scope).evaluate(tensors);
}

adamas_status statusOf(const char *text, std::vector<int64_t> first = {0, 0, 0}) {
  try {
    evaluate(text, first);
  } catch (const Failure &failure) {
    return failure.status;
  }
  return ADAMAS_OK;
}

TEST(Expression, Values) {
  EXPECT_EQ(evaluate("7"), 7);
  EXPECT_EQ(evaluate("-7"), -7);
  EXPECT_EQ(evaluate(R"(["size", 2, 1])", {3, 5, 7}), 5);
  EXPECT_EQ(evaluate(R"(["size", 0, 1])", {3, 5, 7}, {11, 13}), 13);
  EXPECT_EQ(evaluate(R"(["mul", 2, 3, 7])"), 42);
  EXPECT_EQ(evaluate(R"(["mul", 2])"), 2);
  EXPECT_EQ(evaluate(R"(["add", 2, 3, -7])"), -2);
  EXPECT_EQ(evaluate(R"(["min", 5, 3, 7])"), 3);
  EXPECT_EQ(evaluate(R"(["max", 5, 3, 7])"), 7);
  EXPECT_EQ(evaluate(R"(["ceildiv", 7, 2])"), 4);
  EXPECT_EQ(evaluate(R"(["ceildiv", 8, 2])"), 4);
  EXPECT_EQ(evaluate(R"(["ceildiv", 0, 2])"), 0);
  EXPECT_EQ(evaluate(R"(["mul", ["ceildiv", ["size", 2, 0], 512], ["add", ["size", 0, 0], 1]])", {1025, 0, 0}, {2, 0}),
            9);
}

TEST(Expression, Grammar) {
  for (const char *text : {"1.5",
                           "true",
                           "null",
                           "\"size\"",
                           "{}",
                           "[]",
                           "[1, 2]",
                           R"(["pow", 2, 3])",
                           R"(["mul"])",
                           R"(["ceildiv", 1])",
                           R"(["ceildiv", 1, 2, 3])",
                           R"(["size", 0])",
                           R"(["size", 0, 0, 0])",
                           R"(["size", 1, 0])",
                           R"(["size", 3, 0])",
                           R"(["size", -1, 0])",
                           R"(["size", 0, 2])",
                           R"(["size", 0, -1])",
                           R"(["size", 0, ["add", 0]])",
                           "9223372036854775808"})
    EXPECT_EQ(statusOf(text), ADAMAS_ERROR_CORRUPT) << text;
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep += "[\"add\", ";
  deep += "1" + std::string(100, ']');
  EXPECT_EQ(statusOf(deep.c_str()), ADAMAS_ERROR_CORRUPT);
}

TEST(Expression, OverflowIsTheCallersSizes) {
  EXPECT_EQ(evaluate(R"(["ceildiv", 9223372036854775807, 2])"), int64_t(1) << 62);
  EXPECT_EQ(evaluate(R"(["mul", ["size", 2, 0], 4])", {int64_t(1) << 60, 0, 0}), int64_t(1) << 62);
  EXPECT_EQ(statusOf(R"(["mul", ["size", 2, 0], 8])", {int64_t(1) << 60, 0, 0}), ADAMAS_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(statusOf(R"(["add", ["size", 2, 0], 1])", {INT64_MAX, 0, 0}), ADAMAS_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(statusOf(R"(["ceildiv", 4, ["size", 2, 0]])", {0, 0, 0}), ADAMAS_ERROR_CORRUPT);
  EXPECT_EQ(statusOf(R"(["ceildiv", -4, 2])"), ADAMAS_ERROR_CORRUPT);
}

} // namespace
