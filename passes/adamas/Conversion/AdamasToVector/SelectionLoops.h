// Loops over the distances of a row that counting and listing share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOVECTOR_SELECTIONLOOPS_H
#define ADAMAS_CONVERSION_ADAMASTOVECTOR_SELECTIONLOOPS_H

#include "adamas/Conversion/AdamasToVector/KernelBuilder.h"

namespace mlir::adamas {

/// The distance at `token`, 32 bits; padded slots are the largest unsigned value of their width.
Value loadDistance(KernelBuilder &b, const Row &row, Value token);

/// Visits the tokens of [begin, end) whose distance is at most `limit` (i32, >= 0), in ascending order: vectors of
/// tokens are compared at once and most hold none. `body` gets the token and loop-carried values.
SmallVector<Value> forNear(KernelBuilder &b, const Row &distances, Value begin, Value end, Value limit,
                           ValueRange carried, function_ref<SmallVector<Value>(Value, ValueRange)> body);

/// The positions that are not forced: [sink, visible - recent).
std::pair<Value, Value> getFreeRange(KernelBuilder &b, Value visible, int64_t sink, int64_t recent);

/// The slots of a candidate list whose positions are in [low, high): the list ascends and its padding comes last, so
/// they are one range.
std::pair<Value, Value> getFreeSlots(KernelBuilder &b, Value candidates, Value row, Value low, Value high);

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOVECTOR_SELECTIONLOOPS_H
