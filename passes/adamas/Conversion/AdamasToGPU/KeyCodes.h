// What the scan of all tokens and the distances of candidates share: how codes of keys are loaded, and distances kept.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOGPU_KEYCODES_H
#define ADAMAS_CONVERSION_ADAMASTOGPU_KEYCODES_H

#include "adamas/Conversion/AdamasToGPU/DistanceEngine.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include <optional>

namespace mlir::adamas {

/// Rows of the query's side that make the item's rows of the result.
SmallVector<Value> queryRows(ThreadBuilder &b, DistanceOpInterface op);

/// The words of one key from the address of its code vector: loads of up to 16 bytes.
KeyWords loadKeyWords(ThreadBuilder &b, DistanceOpInterface op, Value address, std::optional<adamas_gpu::Cache> cache);

/// All words of `keys`, and `values` in the structure of `like`: what control flow carries.
SmallVector<Value> flatten(ArrayRef<KeyWords> keys);
SmallVector<KeyWords> unflatten(ValueRange values, ArrayRef<KeyWords> like);
/// Keys of zeros, `count` of those that `op` reads.
SmallVector<KeyWords> zeroKeys(ThreadBuilder &b, DistanceOpInterface op, int64_t count);

/// `distance`, which is at most `bound`, as it is kept. Eight bits saturate.
Value toStorage(ThreadBuilder &b, Value distance, Type element, int64_t bound = 0);

/// What holds `codes`, paged or not.
Value getPool(Value codes);
/// The op that puts new tokens among `codes` in this function, if any.
AppendOp getWriter(Value codes);

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOGPU_KEYCODES_H
