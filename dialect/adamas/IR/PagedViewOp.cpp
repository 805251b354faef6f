// adamas.paged_view
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/OpVerification.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::adamas;

LogicalResult PagedViewOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  auto pool = cast<RankedTensorType>(adaptor.getPool().getType());
  auto table = inferRanked(loc, getOperationName(), "page_table", adaptor.getPageTable(), 2);
  if (!table)
    return failure();
  bool codes = isa<CodesType>(pool.getElementType());
  // kv-1
  if (pool.getRank() != (codes ? 3 : 4))
    return inferenceError(loc, getOperationName(),
                          "expects 'pool' to be [pages, H, page, D], or [pages, H, page] of codes, but got rank " +
                              Twine(pool.getRank()));
  // Default values are not there yet while the parser infers.
  PoolLayoutAttr layout = adaptor.getLayoutAttr();
  bool headMajor = !layout || layout.getValue() == PoolLayout::HeadMajor;
  int64_t heads = pool.getDimSize(headMajor ? 1 : 2), page = pool.getDimSize(headMajor ? 2 : 1);
  int64_t pages = table.getDimSize(1);
  int64_t tokens = ShapedType::kDynamic;
  // sel-5: positions are i32.
  if (!ShapedType::isDynamic(page) && !ShapedType::isDynamic(pages) &&
      (llvm::MulOverflow(page, pages, tokens) || tokens > INT32_MAX))
    return inferenceError(loc, getOperationName(),
                          "expects at most 2147483647 tokens a sequence, but got " + Twine(pages) + " pages of " +
                              Twine(page));
  SmallVector<int64_t> shape{table.getDimSize(0), heads, tokens};
  if (!codes)
    shape.push_back(pool.getShape().back());
  types.push_back(RankedTensorType::get(shape, pool.getElementType()));
  return success();
}

LogicalResult PagedViewOp::verify() {
  if (failed(verifyInferred(*this)))
    return failure();
  auto pool = cast<ShapedType>(getPool().getType());
  int64_t heads = pool.getDimSize(getLayout() == PoolLayout::HeadMajor ? 1 : 2);
  if (heads < 1)
    return emitOpError() << "expects the head count of 'pool' to be static and positive, but got "
                         << describeDims({heads});
  return success();
}
