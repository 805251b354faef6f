// Tensors in a GPU's global memory, as a kernel finds them in its parameter block.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOGPU_GLOBALVIEW_H
#define ADAMAS_CONVERSION_ADAMASTOGPU_GLOBALVIEW_H

#include "adamas/IR/AdamasOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::adamas {

class ThreadBuilder;

/// Where a tensor lies in the parameter block, and what is known of it while compiling. Codes have two axes more than
/// their type: planes and words (spec pak-1).
struct Slot {
  int64_t number = 0, offset = 0;
  SmallVector<int64_t> shape; ///< in memory, dynamic sizes as in the type
  Type element;
};

/// A tensor, seen from a kernel. A paged one is a pool and a table of pages.
struct GlobalView {
  Value pointer;
  Type element;
  SmallVector<int64_t> shape;
  SmallVector<Value> sizes, strides; ///< i64
  //===--- of a paged view ---===//
  Value table;                   ///< of pages, null if contiguous
  Value tableStride, tablePages; ///< of a sequence's row of the table; pages in the pool
  int64_t pageSize = 0;          ///< tokens of a page
  unsigned headAxis = 1, tokenAxis = 2;
  Value capacity; ///< tokens of a sequence at most, i32

  /// The address of `indices` (i32 or i64), the first ones of the axes.
  Value address(ThreadBuilder &b, ValueRange indices);
  /// The entry of a paged view's table that says where token `token` (i32) of sequence `batch` is.
  Value loadEntry(ThreadBuilder &b, Value batch, Value token);
  /// The address of token `token` (i32) of KV head `head` of sequence `batch`; of a paged view by its `entry`, which is
  /// loaded if it is not given.
  Value tokenAddress(ThreadBuilder &b, Value batch, Value head, Value token, Value entry = {});
};

/// All tensors that the kernels of a function share.
class GlobalViews {
public:
  /// The memory shape of `value`.
  static Slot describe(Value value);

  /// Gives `value` the next place in the block.
  Slot &add(Value value);
  Slot &add(Value value, SmallVector<int64_t> shape, Type element);
  /// Says that `value` is seen in the memory of `other`.
  void alias(Value value, Value other) { aliases[value] = other; }
  Value resolve(Value value) const;

  bool has(Value value) const { return slots.count(resolve(value)) != 0 || paged.count(value) != 0; }
  const Slot &slot(Value value) const { return slots.find(resolve(value))->second; }
  void addPaged(Value view, PagedViewOp op) { paged[view] = op; }

  /// The kernel that is being built reads its block from `block`.
  void beginKernel(Value block) {
    this->block = block;
    views.clear();
  }
  GlobalView &get(ThreadBuilder &b, Value value);

  int64_t bytes() const { return end; }
  const llvm::MapVector<Value, Slot> &all() const { return slots; }
  DenseMap<Value, PagedViewOp> paged;

private:
  Value parameter(ThreadBuilder &b, int64_t offset, Type type);

  llvm::MapVector<Value, Slot> slots;
  DenseMap<Value, Value> aliases;
  llvm::DenseMap<Value, std::unique_ptr<GlobalView>> views;
  Value block;
  int64_t end = 0;
};

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOGPU_GLOBALVIEW_H
