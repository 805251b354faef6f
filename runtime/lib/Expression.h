// Sizes that depend on the sizes of a call's tensors: workspace shapes and grids.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_RUNTIME_LIB_EXPRESSION_H
#define ADAMAS_RUNTIME_LIB_EXPRESSION_H

#include "Error.h"
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace adamas::impl {

/// integer | ["size", value, axis] | ["mul" | "add" | "min" | "max", e...] | ["ceildiv", e, e]
class Expression {
public:
  /// What ["size", value, axis] may refer to.
  struct Scope {
    /// Of each of the manifest's values: its place among a call's tensors, or -1 for workspace.
    std::vector<int> place;
    /// Of each of the manifest's values.
    std::vector<int> rank;
  };

  /// Fails with CORRUPT for anything else than the grammar.
  static Expression parse(const nlohmann::json &json, const Scope &scope);

  /// The value for these tensors, without allocating. Fails where 64 bits do not hold it.
  int64_t evaluate(const adamas_tensor *tensors) const;

private:
  enum class Kind { Constant, Size, Multiply, Add, CeilDivide, Minimum, Maximum };

  static Expression parse(const nlohmann::json &json, const Scope &scope, int depth);

  Kind kind = Kind::Constant;
  int64_t constant = 0;
  int tensor = 0, axis = 0;
  std::vector<Expression> operands;
};

} // namespace adamas::impl

#endif // ADAMAS_RUNTIME_LIB_EXPRESSION_H
