// Where the values of form 2 lie in memory on a CPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOVECTOR_STORAGE_H
#define ADAMAS_CONVERSION_ADAMASTOVECTOR_STORAGE_H

#include "adamas/Conversion/ValueKinds.h"

namespace mlir::adamas {

/// Tokens of a tile of key codes, and the padding of rows of distances, which are written a tile at a time.
constexpr int64_t tileTokens = 16;
/// Tokens of a work item at token level.
constexpr int64_t tokenBlock = 256;

/// The memref of `value` at the boundary of a function: strides of the caller, the innermost axis contiguous.
MemRefType getBoundaryType(Value value);

/// The memref of `value` between kernels: as at the boundary but contiguous, and distances in their storage type with
/// padded rows.
MemRefType getGlobalType(Value value);

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOVECTOR_STORAGE_H
