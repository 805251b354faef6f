// How GPUs load the codes of keys and keep distances.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/KeyCodes.h"

using namespace mlir;
using namespace mlir::adamas;

SmallVector<Value> mlir::adamas::queryRows(ThreadBuilder &b, DistanceOpInterface op) {
  RowRange range = b.itemRange(op.getQuerySide());
  SmallVector<Value> rows;
  for (int64_t row = 0; row < range.count; ++row)
    rows.push_back(b.add(range.first, b.i32(row)));
  return rows;
}

KeyWords mlir::adamas::loadKeyWords(ThreadBuilder &b, DistanceOpInterface op, Value address,
                                    std::optional<adamas_gpu::Cache> cache) {
  GlobalView &codes = b.global(op.getKeyCodes());
  int64_t bits = codes.shape[codes.shape.size() - 2], words = codes.shape.back();
  Value planeStride = codes.strides[codes.strides.size() - 2];
  int64_t perLoad = std::min<int64_t>(4, words);
  Type type = perLoad == 1 ? Type(b.getI32Type()) : VectorType::get({perLoad}, b.getI32Type());
  KeyWords key;
  for (int64_t plane = bits - op.getPlanesRead(); plane < bits; ++plane) {
    key.emplace_back();
    Value row = b.offset(address, b.getI32Type(), b.mul(b.i64(plane), planeStride));
    for (int64_t word = 0; word < words; word += perLoad) {
      Value pointer = b.offset(row, b.getI32Type(), b.i32(word));
      Value loaded =
          cache ? adamas_gpu::LoadOp::create(b, type, *cache, pointer).getResult() : b.load(type, pointer, 4 * perLoad);
      for (int64_t i = 0; i < perLoad; ++i)
        key.back().push_back(perLoad == 1 ? loaded : LLVM::ExtractElementOp::create(b, loaded, b.i32(i)).getResult());
    }
  }
  return key;
}

Value mlir::adamas::toStorage(ThreadBuilder &b, Value distance, Type element, int64_t bound) {
  if (element.isInteger(8) && bound > UINT8_MAX)
    distance = arith::MinUIOp::create(b, distance, b.i32(UINT8_MAX));
  return element.isInteger(32) ? distance : arith::TruncIOp::create(b, element, distance).getResult();
}

Value mlir::adamas::getPool(Value codes) {
  auto view = codes.getDefiningOp<PagedViewOp>();
  return view ? view.getPool() : codes;
}

AppendOp mlir::adamas::getWriter(Value codes) { return getYieldedValue(getPool(codes)).getDefiningOp<AppendOp>(); }

SmallVector<Value> mlir::adamas::flatten(ArrayRef<KeyWords> keys) {
  SmallVector<Value> values;
  for (const KeyWords &key : keys)
    for (const SmallVector<Value> &plane : key)
      values.append(plane);
  return values;
}

SmallVector<KeyWords> mlir::adamas::unflatten(ValueRange values, ArrayRef<KeyWords> like) {
  SmallVector<KeyWords> keys(like);
  size_t next = 0;
  for (KeyWords &key : keys)
    for (SmallVector<Value> &plane : key)
      for (Value &word : plane)
        word = values[next++];
  return keys;
}

SmallVector<KeyWords> mlir::adamas::zeroKeys(ThreadBuilder &b, DistanceOpInterface op, int64_t count) {
  int64_t planes = op.getPlanesRead(), words = b.global(op.getKeyCodes()).shape.back();
  return SmallVector<KeyWords>(count, KeyWords(planes, SmallVector<Value>(words, b.i32(0))));
}
