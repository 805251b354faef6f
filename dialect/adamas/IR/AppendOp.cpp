// adamas.append
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/OpVerification.h"

using namespace mlir;
using namespace mlir::adamas;

LogicalResult AppendOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  types.append({adaptor.getKey().getType(), adaptor.getValue().getType(), adaptor.getCodes().getType()});
  return success();
}

LogicalResult AppendOp::verify() {
  if (failed(verifyInferred(*this)))
    return failure();
  auto newKey = getNewKey().getType(), key = getKey().getType(), codes = getCodes().getType();
  // kv-1
  if (key.getRank() != 4)
    return emitOpError() << "expects 'key' to have rank 4, pages, heads, page and dimension, but got rank "
                         << key.getRank();
  if (getValue().getType() != key)
    return emitOpError() << "expects 'value' to have the type of 'key', " << key << ", but got "
                         << getValue().getType();
  // kv-2
  if (!compatible(codes.getShape(), key.getShape().drop_back()))
    return emitOpError() << "expects 'codes' to have the pages, heads and page size of 'key', "
                         << describeDims(key.getShape().drop_back()) << ", but got " << describeDims(codes.getShape());
  auto element = cast<CodesType>(codes.getElementType());
  if (element.getDim() != key.getShape().back())
    return emitOpError() << "expects 'codes' of the dimension of 'key', " << describeDims(key.getShape().take_back(1))
                         << ", but got " << element.getDim();
  // kv-3
  int64_t heads = key.getDimSize(getLayout() == PoolLayout::HeadMajor ? 1 : 2);
  if (newKey.getRank() != 3 || ShapedType::isDynamic(heads) || newKey.getDimSize(1) != heads ||
      newKey.getDimSize(2) != element.getDim() || newKey.getElementType() != key.getElementType())
    return emitOpError() << "expects 'new_key' to be [tokens, heads, dimension], ?x"
                         << describeDims({heads, element.getDim()}) << "x" << key.getElementType() << ", but got "
                         << newKey;
  if (getNewValue().getType() != newKey)
    return emitOpError() << "expects 'new_value' to have the type of 'new_key', " << newKey << ", but got "
                         << getNewValue().getType();
  if (!compatible(getSlots().getType().getDimSize(0), newKey.getDimSize(0)))
    return emitOpError() << "expects 'slots' to have one entry a new token, " << newKey.getDimSize(0) << ", but got "
                         << getSlots().getType().getDimSize(0);
  if (getPlacement() && *getPlacement() != Placement::Global && *getPlacement() != Placement::Cluster)
    return emitOpError() << "expects placement 'global' or 'cluster', but got '" << stringifyPlacement(*getPlacement())
                         << "'; pools are in global memory wherever they are written from";
  auto thresholds = getThresholds().getType();
  // buk-1
  if (thresholds.getRank() < 1 || thresholds.getShape().back() != element.getMaxCode())
    return emitOpError() << "expects 2^b - 1 = " << element.getMaxCode() << " thresholds for codes of "
                         << element.getBits() << " bits, but got " << describeDims(thresholds.getShape().take_back(1));
  return verifyThresholds(*this, thresholds, getOffset(), heads, element.getDim());
}
