// Parses and evaluates expressions over sizes, with every overflow seen.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Expression.h"
#include <algorithm>
#include <nlohmann/json.hpp>

using namespace adamas::impl;
using nlohmann::json;

// Deep enough for any kernel and shallow enough for any stack.
static constexpr int maxDepth = 32;

static int64_t integer(const json &json, const char *what) {
  // An unsigned number that does not fit would wrap around silently.
  if (!json.is_number_integer() ||
      (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)))
    fail(ADAMAS_ERROR_CORRUPT, "expression: expected %s, but got %s", what, json.dump().substr(0, 60).c_str());
  return json.get<int64_t>();
}

Expression Expression::parse(const json &json, const Scope &scope) { return parse(json, scope, 0); }

Expression Expression::parse(const json &json, const Scope &scope, int depth) {
  if (depth > maxDepth)
    fail(ADAMAS_ERROR_CORRUPT, "expression: expected at most %d levels, but there are more", maxDepth);
  Expression result;
  if (!json.is_array()) {
    result.constant = integer(json, "an integer or an array");
    return result;
  }
  std::string name = !json.empty() && json[0].is_string() ? json[0].get<std::string>() : "";
  if (name == "size") {
    if (json.size() != 3)
      fail(ADAMAS_ERROR_CORRUPT, "expression: expected [\"size\", value, axis], but got %zu items", json.size());
    int64_t value = integer(json[1], "the index of a value"), axis = integer(json[2], "an axis");
    if (value < 0 || value >= static_cast<int64_t>(scope.place.size()) || scope.place[value] < 0)
      fail(ADAMAS_ERROR_CORRUPT, "expression: expected the index of an argument or result, but got %lld",
           static_cast<long long>(value));
    if (axis < 0 || axis >= scope.rank[value])
      fail(ADAMAS_ERROR_CORRUPT, "expression: expected an axis below %d, but got %lld", scope.rank[value],
           static_cast<long long>(axis));
    result.kind = Kind::Size;
    result.tensor = scope.place[value];
    result.axis = static_cast<int>(axis);
    return result;
  }
  static const std::pair<const char *, Kind> names[] = {{"mul", Kind::Multiply},
                                                        {"add", Kind::Add},
                                                        {"ceildiv", Kind::CeilDivide},
                                                        {"min", Kind::Minimum},
                                                        {"max", Kind::Maximum}};
  for (const auto &[known, kind] : names) {
    if (name != known)
      continue;
    if (kind == Kind::CeilDivide ? json.size() != 3 : json.size() < 2)
      fail(ADAMAS_ERROR_CORRUPT, "expression: expected %s operands of %s, but got %zu",
           kind == Kind::CeilDivide ? "two" : "some", known, json.size() - 1);
    result.kind = kind;
    for (size_t i = 1; i < json.size(); ++i)
      result.operands.push_back(parse(json[i], scope, depth + 1));
    return result;
  }
  fail(ADAMAS_ERROR_CORRUPT, "expression: expected size, mul, add, ceildiv, min or max, but got '%s'",
       name.substr(0, 60).c_str());
}

int64_t Expression::evaluate(const adamas_tensor *tensors) const {
  switch (kind) {
  case Kind::Constant:
    return constant;
  case Kind::Size:
    return tensors[tensor].sizes[axis];
  case Kind::CeilDivide: {
    int64_t dividend = operands[0].evaluate(tensors), divisor = operands[1].evaluate(tensors);
    if (dividend < 0 || divisor <= 0)
      fail(ADAMAS_ERROR_CORRUPT, "expression: expected ceildiv of a size by a positive number, but got %lld by %lld",
           static_cast<long long>(dividend), static_cast<long long>(divisor));
    return dividend / divisor + (dividend % divisor != 0);
  }
  default:
    break;
  }
  int64_t result = operands[0].evaluate(tensors);
  for (size_t i = 1; i < operands.size(); ++i) {
    int64_t operand = operands[i].evaluate(tensors);
    bool overflow = false;
    if (kind == Kind::Multiply)
      overflow = __builtin_mul_overflow(result, operand, &result);
    else if (kind == Kind::Add)
      overflow = __builtin_add_overflow(result, operand, &result);
    else
      result = kind == Kind::Minimum ? std::min(result, operand) : std::max(result, operand);
    if (overflow)
      fail(ADAMAS_ERROR_INVALID_ARGUMENT, "sizes: expected a workspace or grid below 2^63, but these sizes need more");
  }
  return result;
}
