// adamas.hadamard
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/OpVerification.h"
#include "adamas/IR/RowOpLevel.h"

using namespace mlir;
using namespace mlir::adamas;

LogicalResult HadamardOp::inferReturnTypes(MLIRContext *context, std::optional<Location>, Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  // had-2: f32 whatever the input.
  auto input = cast<RankedTensorType>(adaptor.getInput().getType());
  types.push_back(RankedTensorType::get(input.getShape(), Float32Type::get(context)));
  return success();
}

LogicalResult HadamardOp::verify() {
  if (failed(verifyInferred(*this)))
    return failure();
  if (getInput().getType().getRank() < 1)
    return emitOpError() << "expects 'input' to have rank 1 or more, but got 0";
  return verifyHadamardDim(*this, "input", getInput().getType().getShape().back());
}

ADAMAS_DEFINE_ROW_OP(HadamardOp)
