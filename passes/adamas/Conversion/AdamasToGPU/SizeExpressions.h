// Sizes of grids and of workspace values, from sizes that are known when a program is launched.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOGPU_SIZEEXPRESSIONS_H
#define ADAMAS_CONVERSION_ADAMASTOGPU_SIZEEXPRESSIONS_H

#include "adamas/Conversion/AdamasToGPU/GlobalView.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"

namespace mlir::adamas {

/// The shape of a workspace value.
struct Extent {
  AffineMap map;
  SmallVector<int64_t> symbols;
};

/// A size of the grid or of a workspace value: affine in sizes of arguments and results.
class SizeExpressions {
public:
  SizeExpressions(MLIRContext *context, const GlobalViews &globals, const DenseMap<Value, Extent> &extents)
      : context(context), globals(globals), extents(extents) {}

  AffineExpr constant(int64_t value) { return getAffineConstantExpr(value, context); }
  AffineExpr size(Value value, int64_t axis) {
    const Slot &slot = globals.slot(value);
    if (!ShapedType::isDynamic(slot.shape[axis]))
      return constant(slot.shape[axis]);
    if (auto extent = extents.find(globals.resolve(value)); extent != extents.end()) {
      SmallVector<AffineExpr> own;
      for (size_t i = 0; i < extent->second.symbols.size(); i += 2)
        own.push_back(symbol(extent->second.symbols[i], extent->second.symbols[i + 1]));
      return extent->second.map.getResult(axis).replaceSymbols(own);
    }
    return symbol(slot.number, axis);
  }
  AffineExpr symbol(int64_t number, int64_t axis) {
    for (size_t i = 0; i < symbols.size(); i += 2)
      if (symbols[i] == number && symbols[i + 1] == axis)
        return getAffineSymbolExpr(i / 2, context);
    symbols.append({number, axis});
    return getAffineSymbolExpr(symbols.size() / 2 - 1, context);
  }
  /// Tokens that a sequence of `cache` may have.
  AffineExpr capacity(Value cache) {
    if (PagedViewOp view = globals.paged.lookup(cache)) {
      const Slot &pool = globals.slot(view.getPool());
      int64_t page = pool.shape[view.getLayout() == PoolLayout::HeadMajor ? 2 : 1];
      return size(view.getPageTable(), 1) * page;
    }
    return size(cache, 2);
  }
  AffineMap map(ArrayRef<AffineExpr> results) { return AffineMap::get(0, symbols.size() / 2, results, context); }
  SmallVector<int64_t> symbols;

private:
  MLIRContext *context;
  const GlobalViews &globals;
  const DenseMap<Value, Extent> &extents;
};

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOGPU_SIZEEXPRESSIONS_H
