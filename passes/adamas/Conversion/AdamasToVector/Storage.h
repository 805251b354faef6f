// Where the values of form 2 lie in memory on a CPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOVECTOR_STORAGE_H
#define ADAMAS_CONVERSION_ADAMASTOVECTOR_STORAGE_H

#include "adamas/IR/AdamasOps.h"

namespace mlir::adamas {

/// Tokens of a tile of key codes, and the padding of rows of distances, which are written a tile at a time.
constexpr int64_t tileTokens = 16;
/// Tokens of a work item at token level.
constexpr int64_t tokenBlock = 256;

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

/// Whether key-side, tiled codes: made at token level or read by a distance as keys.
bool isKeyCodes(Value value);

/// Elements of a distance: 16 bits if the bound fits below the largest, else 32.
Type getDistanceStorageType(Value distances);

/// The memref of `value` at the boundary of a function: strides of the caller, the innermost axis contiguous.
MemRefType getBoundaryType(Value value);

/// The memref of `value` between kernels: as at the boundary but contiguous, and distances in their storage type with
/// padded rows.
MemRefType getGlobalType(Value value);

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOVECTOR_STORAGE_H
