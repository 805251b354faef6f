// Where the values of form 2 lie in memory on a CPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/Storage.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::adamas;

/// The shape and element type in memory.
static std::pair<SmallVector<int64_t>, Type> getMemoryShape(Value value) {
  auto type = cast<ShapedType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  auto codes = dyn_cast<CodesType>(type.getElementType());
  if (!codes)
    return {shape, type.getElementType()};
  auto i32 = IntegerType::get(value.getContext(), 32);
  if (isKeyCodes(value)) {
    bool dynamic = ShapedType::isDynamic(shape[2]);
    int64_t tiles = dynamic ? ShapedType::kDynamic : (shape[2] + tileTokens - 1) / tileTokens;
    return {{shape[0], shape[1], codes.getBits(), tiles, codes.getWords(), tileTokens}, i32};
  }
  shape.append({int64_t(codes.getBits()), codes.getWords()});
  return {shape, i32};
}

MemRefType mlir::adamas::getBoundaryType(Value value) {
  auto [shape, element] = getMemoryShape(value);
  if (shape.empty())
    return MemRefType::get(shape, element);
  SmallVector<int64_t> strides(shape.size(), ShapedType::kDynamic);
  strides.back() = 1;
  if (isa<CodesType>(cast<ShapedType>(value.getType()).getElementType())) {
    // Whole code vectors are contiguous; a tile of key codes is.
    int64_t stride = 1;
    for (size_t i = shape.size(); i-- > shape.size() - 2;) {
      strides[i] = stride;
      stride *= shape[i];
    }
    if (isKeyCodes(value))
      strides[shape.size() - 3] = stride;
  }
  return MemRefType::get(shape, element, StridedLayoutAttr::get(value.getContext(), ShapedType::kDynamic, strides));
}

MemRefType mlir::adamas::getGlobalType(Value value) {
  auto [shape, element] = getMemoryShape(value);
  if (getYieldedValue(value).getDefiningOp<DistanceOpInterface>()) {
    element = getDistanceStorageType(value);
    if (!ShapedType::isDynamic(shape.back()))
      shape.back() = (shape.back() + tileTokens - 1) / tileTokens * tileTokens;
  }
  return MemRefType::get(shape, element);
}
