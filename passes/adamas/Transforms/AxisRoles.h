// What each axis of a value of form 1 counts, found from the ops that use the value.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TRANSFORMS_AXISROLES_H
#define ADAMAS_TRANSFORMS_AXISROLES_H

#include "adamas/IR/AdamasOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>

namespace mlir::adamas {

/// What an axis counts, as far as a shape change is concerned. Batch, tokens and lengths of lists are Other.
enum class Axis { Other, QueryTokens, QueryHeads, KvHeads, Selections, Dim, Thresholds, ThresholdSets };

/// The axes of a value's type as it is now.
struct AxisRoles {
  SmallVector<Axis, 5> axes;
  /// `[B, (Nq,) ...]`: the axis of query tokens may be there or be left out (spec nq-1).
  bool querySide = false;
  /// The element type is that of query, key and value.
  bool data = false;
};

/// The roles that the op of `use` gives to its operand; none if it gives none (`return`, and a rotation that nobody
/// uses).
std::optional<AxisRoles> getAxisRoles(OpOperand &use);

/// The roles of `value` from the first use that knows them. What is rotated and then only returned counts as a query.
std::optional<AxisRoles> getAxisRoles(Value value);

/// The sizes that a shape change is about; none where a function does not have them.
struct ModelSizes {
  std::optional<int64_t> queryHeads, kvHeads, headDim, bits, selections;
  int64_t queryTokens = 1;
  /// Whether the query heads of a group share a selection (spec sel-4).
  bool perKvHead = false;
  /// The element type of query, key and value where it changes.
  Type element;
};

/// The sizes of `function`, each from the first op that knows it.
ModelSizes readModelSizes(func::FuncOp function);

/// Whether `op` belongs to form 1 or is a constant or terminator beside it.
bool isAlgebraicOp(Operation *op);

} // namespace mlir::adamas

#endif // ADAMAS_TRANSFORMS_AXISROLES_H
