// adamas.weigh
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/OpVerification.h"
#include "adamas/IR/RowOpLevel.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::adamas;

LogicalResult WeighOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  if (input.getRank() != 3 && input.getRank() != 4)
    return inferenceError(loc, getOperationName(),
                          "expects 'input' to have rank 3 or, with query tokens, 4, but got rank " +
                              Twine(input.getRank()));
  SmallVector<int64_t> shape(input.getShape());
  if (auto heads = adaptor.getKvHeads()) {
    // wgt-4
    if (int64_t(*heads) < 1)
      return inferenceError(loc, getOperationName(),
                            "expects 'kv_heads' to be at least 1, but got " + Twine(int64_t(*heads)));
    shape[shape.size() - 2] = *heads;
  }
  types.push_back(RankedTensorType::get(shape, IntegerType::get(context, 8)));
  return success();
}

LogicalResult WeighOp::verify() {
  auto input = getInput().getType();
  if (failed(verifyInferred(*this)) || failed(verifyQueryAxes(*this, "input", input, 1)) ||
      failed(verifyHadamardDim(*this, "input", getDim())))
    return failure();
  // pak-3
  if (getDim() % 32 != 0)
    return emitOpError() << "expects the last dimension of 'input' to be a multiple of 32, but got " << getDim();
  // wgt-1
  int64_t range = getRangeOrDefault(), cap = getCap();
  if (range < 1 || range > (1 << 15))
    return emitOpError() << "expects 'range' to be from 1 to 32768, but got " << range;
  // wgt-2
  if (cap < 1 || cap > 127)
    return emitOpError() << "expects 'cap' to be from 1 to 127, but got " << cap;
  // wgt-4
  int64_t heads = getQueryAxes(input, 1)->heads;
  if (auto kvHeads = getKvHeads(); kvHeads && heads % int64_t(*kvHeads) != 0)
    return emitOpError() << "expects the head count of 'input', " << heads
                         << ", to be a multiple of 'kv_heads', but got " << *kvHeads;
  return success();
}

ADAMAS_DEFINE_ROW_OP(WeighOp)

namespace {
/// wgt-4: a group of one query head shares nothing, so `kv_heads` equal to the head count says what its absence says.
struct DropGroupOfOne : OpRewritePattern<WeighOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(WeighOp op, PatternRewriter &rewriter) const override {
    if (!op.getKvHeads() || int64_t(*op.getKvHeads()) != getQueryAxes(op.getInput().getType(), 1)->heads)
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.removeKvHeadsAttr(); });
    return success();
  }
};
} // namespace

void WeighOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropGroupOfOne>(context);
}
