// adamas.hadamard and adamas.bucketize_pack for CPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/KernelBuilder.h"
#include <cmath>

using namespace mlir;
using namespace mlir::adamas;

int64_t mlir::adamas::rowLanes(KernelBuilder &b, int64_t dim) { return std::min<int64_t>(b.cpu.getLanes(), dim); }

RegisterRow mlir::adamas::exchange(KernelBuilder &b, const RegisterRow &row, int64_t stride) {
  int64_t lanes = cast<VectorType>(row[0].getType()).getDimSize(0);
  RegisterRow partners;
  for (size_t i = 0; i < row.size(); ++i) {
    if (stride >= lanes) {
      partners.push_back(row[i ^ (stride / lanes)]);
      continue;
    }
    SmallVector<int64_t> mask;
    for (int64_t lane = 0; lane < lanes; ++lane)
      mask.push_back(lane ^ stride);
    partners.push_back(vector::ShuffleOp::create(b, row[i], row[i], mask));
  }
  return partners;
}

/// had-2: butterflies of strides 1, 2, 4, .. in this order, then one product.
static RegisterRow rotate(KernelBuilder &b, RegisterRow row) {
  int64_t lanes = cast<VectorType>(row[0].getType()).getDimSize(0), dim = lanes * row.size();
  for (int64_t stride = 1; stride < dim; stride *= 2) {
    RegisterRow partners = exchange(b, row, stride), next;
    for (size_t i = 0; i < row.size(); ++i) {
      bool upperChunk = stride >= lanes && (i & (stride / lanes));
      Value sum = upperChunk ? Value() : arith::AddFOp::create(b, row[i], partners[i]).getResult();
      Value difference =
          stride >= lanes && !upperChunk ? Value() : arith::SubFOp::create(b, partners[i], row[i]).getResult();
      if (sum && difference) {
        SmallVector<bool> upper;
        for (int64_t lane = 0; lane < lanes; ++lane)
          upper.push_back(lane & stride);
        auto type = b.vectorType(b.getI1Type(), lanes);
        Value mask = arith::ConstantOp::create(b, DenseElementsAttr::get(type, ArrayRef<bool>(upper)));
        next.push_back(arith::SelectOp::create(b, mask, difference, sum));
      } else {
        next.push_back(sum ? sum : difference);
      }
    }
    row = next;
  }
  Value scale = b.splatF32(1.0 / std::sqrt(double(dim)), lanes);
  for (Value &chunk : row)
    chunk = arith::MulFOp::create(b, chunk, scale);
  return row;
}

/// Loads a row and converts it to f32, which is exact.
static RegisterRow loadRow(KernelBuilder &b, const Row &source, Type element, int64_t dim) {
  int64_t lanes = rowLanes(b, dim);
  RegisterRow row;
  for (int64_t i = 0; i < dim; i += lanes) {
    Value chunk = b.loadVector(element, lanes, source, {b.index(i)});
    if (!element.isF32())
      chunk = arith::ExtFOp::create(b, b.vectorType(b.getF32Type(), lanes), chunk);
    row.push_back(chunk);
  }
  return row;
}

/// The value in memory that demand for rows of `value` ends at, and whether it is rotated on the way.
static std::pair<Value, bool> getSource(KernelBuilder &b, Value value) {
  if (b.isInRegisters(value))
    return {value.getDefiningOp<HadamardOp>().getInput(), true};
  return {value, false};
}

RegisterRow mlir::adamas::emitRegisterRow(KernelBuilder &b, Value value, const Row &source) {
  auto [stored, rotated] = getSource(b, value);
  auto type = cast<ShapedType>(stored.getType());
  RegisterRow row = loadRow(b, source, type.getElementType(), type.getShape().back());
  return rotated ? rotate(b, row) : row;
}

RegisterRow mlir::adamas::emitQueryRow(KernelBuilder &b, Value value, Value row) {
  return emitRegisterRow(b, value, b.getRow(getSource(b, value).first, row));
}

/// Runs `body` for each token of the work item's block with the token's row of `value`, a cache.
static void forTokens(KernelBuilder &b, Value value, function_ref<void(Value, const Row &)> body) {
  Value memory = b.getGlobal(value);
  Value tokens = memref::DimOp::create(b, memory, 2);
  Value begin = arith::MulIOp::create(b, b.block, b.index(tokenBlock));
  Value end = b.minIndex(b.add(begin, b.index(tokenBlock)), tokens);
  b.forLoop(begin, end, 1, [&](Value token) { body(token, Row{memory, {b.batch, b.head, token}}); });
}

static void storeRow(KernelBuilder &b, const RegisterRow &row, const Row &target) {
  int64_t lanes = cast<VectorType>(row[0].getType()).getDimSize(0);
  for (auto [i, chunk] : llvm::enumerate(row))
    b.storeVector(chunk, target, {b.index(i * lanes)});
}

LogicalResult mlir::adamas::emitHadamard(KernelBuilder &b, HadamardOp op) {
  // In registers it is made where its users ask for it.
  if (b.isInRegisters(op.getResult()))
    return success();
  auto type = op.getInput().getType();
  int64_t dim = type.getShape().back();
  if (op.getLevel() == Level::Token) {
    forTokens(b, op.getInput(), [&](Value token, const Row &source) {
      storeRow(b, rotate(b, loadRow(b, source, type.getElementType(), dim)),
               {b.getGlobal(op.getResult()), {b.batch, b.head, token}});
    });
    return success();
  }
  b.allocate(op.getResult(), b.getF32Type(), {b.getIndexAttr(dim)});
  b.forRows(b.countRows(op.getResult()), [&](Value row) {
    storeRow(b, rotate(b, loadRow(b, b.getRow(op.getInput(), row), type.getElementType(), dim)),
             b.getRow(op.getResult(), row));
  });
  return success();
}

//===--- bucketize_pack ---===//

/// Words of 32 bits from the comparison masks of a row, `lanes` bits each.
static Value packWord(KernelBuilder &b, ArrayRef<Value> masks) {
  Value word;
  for (auto [i, mask] : llvm::enumerate(masks)) {
    int64_t lanes = cast<VectorType>(mask.getType()).getDimSize(0);
    auto type = b.vectorType(b.getIntegerType(lanes), 1);
    Value bits = vector::ExtractOp::create(b, vector::BitCastOp::create(b, type, mask), ArrayRef<int64_t>{0});
    if (lanes < 32)
      bits = arith::ExtUIOp::create(b, b.getI32Type(), bits);
    if (i)
      bits = arith::ShLIOp::create(b, bits, b.i32(i * lanes));
    word = word ? arith::OrIOp::create(b, word, bits).getResult() : bits;
  }
  return word;
}

Value mlir::adamas::packMask(KernelBuilder &b, Value mask) { return packWord(b, {mask}); }

/// Bit plane `plane` of `code = #{i : x > t_i}` from the masks `x > t_i`: bit p of a count is the parity of how many
/// multiples of 2^p it reaches, and reaching c means exceeding threshold c - 1.
static Value getPlane(KernelBuilder &b, ArrayRef<Value> above, unsigned plane) {
  Value bits;
  for (size_t count = size_t(1) << plane; count <= above.size(); count += size_t(1) << plane)
    bits = bits ? arith::XOrIOp::create(b, bits, above[count - 1]).getResult() : above[count - 1];
  return bits;
}

/// Codes of one row of `op`, whose KV head or query head is `head`; `store(plane, word, bits)` takes them.
static void encodeRow(KernelBuilder &b, BucketizePackOp op, RegisterRow row, Value head,
                      function_ref<void(int64_t, int64_t, Value)> store) {
  int64_t lanes = cast<VectorType>(row[0].getType()).getDimSize(0);
  auto codes = cast<CodesType>(op.getResult().getType().getElementType());
  // buk-5
  if (Value offset = op.getOffset())
    for (auto [i, chunk] : llvm::enumerate(row)) {
      Value shift = b.loadVector(b.getF32Type(), lanes, {b.getGlobal(offset), {head}}, {b.index(i * lanes)});
      row[i] = arith::SubFOp::create(b, chunk, shift);
    }
  // buk-2
  SmallVector<Value> thresholds;
  for (int64_t i = 0; i < codes.getMaxCode(); ++i) {
    Value t;
    if (auto fixed = op.getFixed()) {
      t = b.f32((*fixed)[i]);
    } else {
      auto type = cast<ShapedType>(op.getThresholds().getType());
      int64_t heads = op.getInput().getType().getDimSize(op.getHeadAxis());
      SmallVector<Value> indices;
      if (type.getRank() == 2)
        indices.push_back(arith::DivUIOp::create(b, head, b.index(heads / type.getDimSize(0))));
      t = b.load({b.getGlobal(op.getThresholds()), indices}, {b.index(i)});
    }
    thresholds.push_back(b.splat(t, lanes));
  }
  int64_t chunksPerWord = 32 / lanes;
  for (int64_t word = 0; word < codes.getWords(); ++word) {
    SmallVector<SmallVector<Value>> planes(codes.getBits());
    for (int64_t chunk = word * chunksPerWord; chunk < (word + 1) * chunksPerWord; ++chunk) {
      // Ordered comparison: NaN is above nothing (buk-3).
      SmallVector<Value> above;
      for (Value t : thresholds)
        above.push_back(arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, row[chunk], t));
      for (unsigned plane = 0; plane < codes.getBits(); ++plane)
        planes[plane].push_back(getPlane(b, above, plane));
    }
    for (unsigned plane = 0; plane < codes.getBits(); ++plane)
      store(plane, word, packWord(b, planes[plane]));
  }
}

LogicalResult mlir::adamas::emitBucketizePack(KernelBuilder &b, BucketizePackOp op) {
  auto codes = cast<CodesType>(op.getResult().getType().getElementType());
  if (op.getLevel() == Level::Token) {
    Value memory = b.getGlobal(op.getResult());
    forTokens(b, getSource(b, op.getInput()).first, [&](Value token, const Row &source) {
      Value tile = arith::DivUIOp::create(b, token, b.index(tileTokens));
      Value lane = arith::RemUIOp::create(b, token, b.index(tileTokens));
      encodeRow(b, op, emitRegisterRow(b, op.getInput(), source), b.head, [&](int64_t plane, int64_t word, Value bits) {
        b.store(bits, {memory, {b.batch, b.head, b.index(plane), tile, b.index(word), lane}}, {});
      });
    });
    return success();
  }
  b.allocate(op.getResult(), b.getI32Type(), {b.getIndexAttr(codes.getBits()), b.getIndexAttr(codes.getWords())});
  b.forRows(b.countRows(op.getResult()), [&](Value row) {
    encodeRow(b, op, emitQueryRow(b, op.getInput(), row), b.getHead(op.getResult(), row),
              [&](int64_t plane, int64_t word, Value bits) {
                b.store(bits, b.getRow(op.getResult(), row), {b.index(plane), b.index(word)});
              });
  });
  return success();
}
