// What the engines of attention share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/SoftmaxEngine.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::adamas;

Value mlir::adamas::minusInfinity(ThreadBuilder &b) { return b.f32(-std::numeric_limits<double>::infinity()); }

Value mlir::adamas::weightOf(ThreadBuilder &b, Value x, Value reference) {
  return adamas_gpu::Exp2Op::create(b, b.getF32Type(), arith::SubFOp::create(b, x, reference));
}

Value mlir::adamas::finiteReference(ThreadBuilder &b, Value maximum) {
  Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maximum, minusInfinity(b));
  return b.select(none, b.f32(0.0), maximum);
}

Value WarpStates::at(ThreadBuilder &b, Value warp, Value headOfTile) const {
  Value index = b.mul(b.add(b.mul(warp, b.i32(perTile)), headOfTile), b.i32(floats()));
  return b.offset(pointer, b.getF32Type(), index);
}

SoftmaxEngine::SoftmaxEngine(ThreadBuilder &b, PartialAttentionOp op)
    : heads(b.countRows(op.getQuery()) / b.itemRows), b(b), op(op), element(op.getQuery().getType().getElementType()),
      dim(op.getQuery().getType().getShape().back()) {}

void SoftmaxEngine::copyQuery() {
  int64_t bytes = dim * element.getIntOrFloatBitWidth() / 8, chunks = bytes / 16;
  nearQuery = b.allocateShared(heads * bytes);
  b.forThreads(b.i32(heads * chunks), [&](Value index) {
    Value row = b.rowAddress(op.getQuery(), queryRow(b.div(index, b.i32(chunks))), {});
    Value source = b.offset(row, b.getI8Type(), b.mul(b.rem(index, b.i32(chunks)), b.i32(16)));
    NVVM::CpAsyncOp::create(b, b.offset(nearQuery, b.getI8Type(), b.mul(index, b.i32(16))), source, 16,
                            NVVM::LoadCacheModifierKind::CG, Value());
  });
  NVVM::CpAsyncCommitGroupOp::create(b);
}

void SoftmaxEngine::receiveQuery() {
  if (!nearQuery)
    return;
  NVVM::CpAsyncWaitGroupOp::create(b, 0);
  b.barrier();
}

Value SoftmaxEngine::queryAddress(Value headOfItem, Value index) {
  if (nearQuery)
    return b.offset(nearQuery, element, b.add(b.mul(headOfItem, b.i32(dim)), index));
  return b.rowAddress(op.getQuery(), queryRow(headOfItem), {index});
}

Value SoftmaxEngine::tokenAt(const TokenRange &tokens, Value slot) {
  Value inside = b.minOf(slot, b.sub(tokens.count, b.i32(1)));
  return tokens.list ? b.loadI32(tokens.list, inside) : b.add(tokens.first, inside);
}

bool SoftmaxEngine::isWhole() {
  return op.getIndices() && op.getIndices().getType().getShape().drop_back().back() == 1;
}

int64_t SoftmaxEngine::countListed() {
  if (!op.getIndices())
    return 0;
  auto shape = op.getIndices().getType().getShape();
  return shape.back() / shape.drop_back().back();
}

Value SoftmaxEngine::scaleTimesLog2E() {
  float scale = op.getScale() ? op.getScale()->convertToFloat() : float(1.0 / std::sqrt(double(dim)));
  return b.f32(double(scale) * M_LOG2E);
}

std::unique_ptr<SoftmaxEngine> mlir::adamas::makeSoftmaxEngine(ThreadBuilder &b, PartialAttentionOp op) {
  return b.schedule.getAttention() == AttentionEngine::Mma ? makeMmaSoftmax(b, op) : makeFmaSoftmax(b, op);
}
