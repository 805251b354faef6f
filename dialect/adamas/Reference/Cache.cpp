// The cache: append and paged views (spec kv-1..5).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Reference/Hadamard.h"
#include "adamas/Reference/Rows.h"
#include "adamas/Reference/Rules.h"
#include <cstring>

using namespace mlir::adamas;
using namespace mlir::adamas::reference;

namespace {
/// kv-1: where the vectors of a pool lie, counted in vectors.
struct PoolStrides {
  int64_t pages, heads, pageSize;
  bool headMajor;

  PoolStrides(const Tensor &pool, PoolLayout layout)
      : pages(pool.dim(0)), heads(pool.dim(layout == PoolLayout::HeadMajor ? 1 : 2)),
        pageSize(pool.dim(layout == PoolLayout::HeadMajor ? 2 : 1)), headMajor(layout == PoolLayout::HeadMajor) {}

  int64_t at(int64_t page, int64_t head, int64_t token) const {
    return headMajor ? (page * heads + head) * pageSize + token : (page * pageSize + token) * heads + head;
  }
};
} // namespace

/// Copies vector `source` of `from` to vector `target` of `to`; `bytes` is the size of one.
static void copyVector(const Tensor &from, int64_t source, Tensor &to, int64_t target, int64_t bytes) {
  std::memcpy(to.raw() + target * bytes, from.raw() + source * bytes, bytes);
}

llvm::Expected<Pools> mlir::adamas::reference::append(const Tensor &newKey, const Tensor &newValue, const Tensor &slots,
                                                      Pools pools, const Tensor &thresholds, const Tensor *offset,
                                                      PoolLayout layout) {
  int64_t tokens = newKey.dim(0), heads = newKey.dim(1), dim = newKey.dim(2);
  // kv-1, kv-2: what dynamic dimensions leave open.
  if (llvm::Error error = expectShape("new_value", newValue, newKey.shape()))
    return std::move(error);
  if (llvm::Error error = expectShape("slots", slots, {tokens}))
    return std::move(error);
  if (llvm::Error error = expectShape("value", pools.value, pools.key.shape()))
    return std::move(error);
  llvm::SmallVector<int64_t> codesShape(pools.key.shape().drop_back());
  codesShape.append({pools.codes.dim(-2), pools.codes.dim(-1)});
  if (llvm::Error error = expectShape("codes", pools.codes, codesShape))
    return std::move(error);

  // kv-2: codes are made of the keys as stored, which `newKey` already is.
  llvm::Expected<Tensor> rotated = hadamardRows(newKey);
  if (!rotated)
    return rotated.takeError();
  llvm::Expected<Tensor> codes = bucketizePack(*rotated, thresholds, offset, /*headsAxis=*/1);
  if (!codes)
    return codes.takeError();

  PoolStrides strides(pools.key, layout);
  int64_t slotCount = strides.pages * strides.pageSize;
  int64_t valueBytes = dim * dtypeSize(newKey.dtype()), codeBytes = codes->dim(-2) * codes->dim(-1) * 4;
  // kv-3: in order, so that of equal slots the last token wins.
  for (int64_t i = 0; i < tokens; ++i) {
    int64_t slot = slots.getInt(i);
    if (slot == -1)
      continue;
    if (slot < 0 || slot >= slotCount)
      return ruleError("expects 'slots' to be -1 or from 0 to {0}, but got {1} at {2}", slotCount - 1, slot, i);
    for (int64_t h = 0; h < heads; ++h) {
      int64_t target = strides.at(slot / strides.pageSize, h, slot % strides.pageSize);
      copyVector(newKey, i * heads + h, pools.key, target, valueBytes);
      copyVector(newValue, i * heads + h, pools.value, target, valueBytes);
      copyVector(*codes, i * heads + h, pools.codes, target, codeBytes);
    }
  }
  return pools;
}

llvm::Expected<Tensor> mlir::adamas::reference::pagedView(const Tensor &pool, const Tensor &pageTable,
                                                          PoolLayout layout) {
  PoolStrides strides(pool, layout);
  int64_t batch = pageTable.dim(0), entries = pageTable.dim(1);
  // After the pool's three axes comes what makes up a vector: D values, or the planes of its codes.
  llvm::ArrayRef<int64_t> vector = pool.shape().drop_front(3);
  int64_t bytes = dtypeSize(pool.dtype());
  for (int64_t size : vector)
    bytes *= size;
  llvm::SmallVector<int64_t> shape{batch, strides.heads, entries * strides.pageSize};
  llvm::append_range(shape, vector);
  llvm::Expected<Tensor> result = allocate(pool.dtype(), shape);
  if (!result)
    return result;
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t entry = 0; entry < entries; ++entry) {
      int64_t page = pageTable.getInt(b * entries + entry);
      if (page == -1)
        continue;                            // no page: zeros
      if (page < 0 || page >= strides.pages) // kv-5
        return ruleError("expects 'page_table' to hold -1 or a page from 0 to {0}, but got {1} in entry {2} of "
                         "sequence {3}",
                         strides.pages - 1, page, entry, b);
      for (int64_t h = 0; h < strides.heads; ++h)
        for (int64_t token = 0; token < strides.pageSize; ++token)
          copyVector(pool, strides.at(page, h, token), *result,
                     ((b * strides.heads + h) * entries + entry) * strides.pageSize + token, bytes);
    }
  return result;
}
