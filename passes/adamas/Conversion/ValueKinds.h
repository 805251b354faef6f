// What the axes of the values of form 2 stand for, and how wide distances are: common to all targets.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_VALUEKINDS_H
#define ADAMAS_CONVERSION_VALUEKINDS_H

#include "adamas/IR/AdamasOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::adamas {

/// What the axes of a value stand for.
enum class ValueKind {
  Rows,     ///< `[B, (Nq,) heads, trailing...]`
  Parts,    ///< `[B, (Nq,) heads, W, trailing...]`
  Cache,    ///< `[B, Hkv, N, D]`
  KeyCodes, ///< `[B, Hkv, N]` of codes, tiled
  Vector,   ///< anything else of rank 1: lengths, boundaries
  Sets,     ///< thresholds and offsets
};

/// The kind of `value`, from the ops that make and use it.
ValueKind getValueKind(Value value);

/// Axes of a `Rows` or `Parts` value after its heads, parts included.
int64_t getTrailingAxes(Value value);

/// Whether key-side codes: made at token level or read by a distance as keys.
bool isKeyCodes(Value value);

/// Elements of a distance in memory: 16 bits if the bound fits below the largest, which stands for a padded slot of a
/// candidate list, else 32.
Type getDistanceStorageType(Value distances);

/// The one KV head count of a function: the cache's, or where there is none the largest that divides every head count.
FailureOr<int64_t> getKvHeads(func::FuncOp function);

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_VALUEKINDS_H
