// adamas-open-attention: form 1 to form 2 of attention.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Transforms/Passes.h"
#include "mlir/IR/Builders.h"

namespace mlir::adamas {
#define GEN_PASS_DEF_ADAMASOPENATTENTION
#include "adamas/Transforms/Passes.h.inc"
} // namespace mlir::adamas

using namespace mlir;
using namespace mlir::adamas;

/// The partial lists of a joined list; a list from elsewhere becomes the only part.
static std::pair<Value, Value> getPartialLists(OpBuilder &b, SparseAttentionOp op) {
  if (auto join = op.getIndices().getDefiningOp<JoinOp>(); join && op.getLengths() == join.getJoinedLengths())
    return {join.getIndices(), join.getLengths()};
  auto expand = [&](Value value, unsigned trailing) -> Value {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.insert(shape.end() - trailing, 1);
    return AddPartAxisOp::create(b, op.getLoc(), RankedTensorType::get(shape, type.getElementType()), value,
                                 PlacementAttr());
  };
  return {expand(op.getIndices(), 1), expand(op.getLengths(), 0)};
}

/// Merges `partial` and gives the results of `op`, whose lse is optional.
template <typename OpTy> static void finish(OpBuilder &b, OpTy op, PartialAttentionOp partial) {
  Type element = op.getQuery().getType().getElementType();
  auto merge = MergeAttentionOp::create(b, op.getLoc(), partial.getOutput(), partial.getLse(), TypeAttr::get(element),
                                        PlacementAttr());
  op.getOutput().replaceAllUsesWith(merge.getMerged());
  if (op.getLse())
    op.getLse().replaceAllUsesWith(merge.getMergedLse());
  op.erase();
}

namespace {
struct OpenAttention : mlir::adamas::impl::AdamasOpenAttentionBase<OpenAttention> {
  void runOnOperation() override {
    getOperation()->walk([&](Operation *op) {
      OpBuilder b(op);
      if (auto sparse = dyn_cast<SparseAttentionOp>(op)) {
        auto [indices, lengths] = getPartialLists(b, sparse);
        finish(b, sparse,
               PartialAttentionOp::create(b, op->getLoc(), sparse.getQuery(), sparse.getKey(), sparse.getValue(),
                                          indices, lengths, Value(), Value(), sparse.getScaleAttr(), PlacementAttr()));
      } else if (auto dense = dyn_cast<DenseAttentionOp>(op)) {
        finish(b, dense,
               PartialAttentionOp::create(b, op->getLoc(), dense.getQuery(), dense.getKey(), dense.getValue(), Value(),
                                          Value(), dense.getSeqLens(), Value(), dense.getScaleAttr(), PlacementAttr()));
      }
    });
  }
};
} // namespace
