// adamas.hadamard, adamas.bucketize_pack and adamas.append for GPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"
#include <cmath>

using namespace mlir;
using namespace mlir::adamas;

/// The partner's element for butterflies of stride `stride`.
static RowFragment exchange(ThreadBuilder &b, const RowFragment &row, int64_t stride, int64_t dim) {
  int64_t count = ThreadBuilder::elementsPerLane(dim);
  RowFragment partners;
  for (size_t i = 0; i < row.size(); ++i)
    partners.push_back(stride < count ? row[i ^ stride] : b.shuffleXor(row[i], stride / count));
  return partners;
}

RowFragment mlir::adamas::rotate(ThreadBuilder &b, RowFragment row, int64_t dim) {
  int64_t count = ThreadBuilder::elementsPerLane(dim);
  for (int64_t stride = 1; stride < dim; stride *= 2) {
    RowFragment partners = exchange(b, row, stride, dim), next;
    Value upperLane;
    if (stride >= count)
      upperLane = b.compare(arith::CmpIPredicate::ne, b.andOf(b.lane, b.i32(stride / count)), b.i32(0));
    for (int64_t i = 0; i < int64_t(row.size()); ++i) {
      bool upper = stride < count && (i & stride);
      Value sum = upper ? Value() : arith::AddFOp::create(b, row[i], partners[i]).getResult();
      Value difference = upper || upperLane ? arith::SubFOp::create(b, partners[i], row[i]).getResult() : Value();
      next.push_back(upperLane ? b.select(upperLane, difference, sum) : upper ? difference : sum);
    }
    row = next;
  }
  Value scale = b.f32(1.0 / std::sqrt(double(dim)));
  for (Value &element : row)
    element = arith::MulFOp::create(b, element, scale);
  return row;
}

/// The value in memory that demand for rows of `value` ends at, and whether it is rotated on the way.
static std::pair<Value, bool> getSource(ThreadBuilder &b, Value value) {
  auto hadamard = value.getDefiningOp<HadamardOp>();
  if (hadamard && hadamard->getParentOp() == b.kernel && hadamard.getPlacementKind() == Placement::Registers)
    return {hadamard.getInput(), true};
  return {value, false};
}

RowFragment mlir::adamas::emitRowAt(ThreadBuilder &b, Value value, Value pointer) {
  auto [stored, rotated] = getSource(b, value);
  auto type = cast<ShapedType>(stored.getType());
  int64_t dim = type.getShape().back();
  RowFragment row =
      b.loadFragment(b.offset(pointer, type.getElementType(), b.firstElement(dim)), type.getElementType(), dim);
  return rotated ? rotate(b, row, dim) : row;
}

RowFragment mlir::adamas::emitRow(ThreadBuilder &b, Value value, Value row) {
  auto [stored, rotated] = getSource(b, value);
  auto early = b.earlyRows.find(stored);
  if (early == b.earlyRows.end())
    return emitRowAt(b, value, b.rowAddress(stored, row, {}));
  RowFragment fragment = b.toFragment(early->second);
  return rotated ? rotate(b, fragment, cast<ShapedType>(stored.getType()).getShape().back()) : fragment;
}

void mlir::adamas::prepareRow(ThreadBuilder &b, Value value) {
  Value stored = getSource(b, value).first;
  auto type = cast<ShapedType>(stored.getType());
  int64_t dim = type.getShape().back(), lanes = ThreadBuilder::lanesPerRow(dim);
  RowRange range = b.itemRange(value);
  if (b.earlyRows.count(stored) || !isa<BlockArgument>(stored) || range.count > b.threads() / lanes)
    return;
  Value local = b.minOf(b.div(b.thread, b.i32(lanes)), b.i32(range.count - 1));
  Value row = b.rowAddress(stored, b.add(range.first, local), {b.firstElement(dim)});
  b.earlyRows[stored] = b.loadChunks(row, type.getElementType(), dim);
}

/// Runs `body` for every token of the work item's block with the token's index; `valid` as in `forRows`.
static void forTokens(ThreadBuilder &b, Value value, function_ref<void(Value token, Value valid)> body) {
  int64_t dim = cast<ShapedType>(value.getType()).getShape().back();
  int64_t groups = b.threads() / ThreadBuilder::lanesPerRow(dim);
  Value tokens = b.toI32(b.global(getSource(b, value).first).sizes[2]);
  Value group = b.div(b.thread, b.i32(ThreadBuilder::lanesPerRow(dim)));
  Value token = b.add(b.mul(b.chunk, b.i32(groups)), group);
  body(b.minOf(token, b.sub(tokens, b.i32(1))), b.lessThan(token, tokens));
}

LogicalResult mlir::adamas::emitHadamard(ThreadBuilder &b, HadamardOp op) {
  // In registers it is made where its users ask for it.
  if (op.getPlacementKind() == Placement::Registers)
    return success();
  auto type = op.getInput().getType();
  int64_t dim = type.getShape().back();
  auto emit = [&](Value source, Value target, Value valid) {
    Value first = b.firstElement(dim);
    RowFragment row = b.loadFragment(b.offset(source, type.getElementType(), first), type.getElementType(), dim);
    row = rotate(b, row, dim);
    b.ifThen(valid, [&] { b.storeFragment(row, b.offset(target, b.getF32Type(), first), b.getF32Type(), dim); });
  };
  if (op.getLevel() == Level::Token)
    forTokens(b, op.getInput(), [&](Value token, Value valid) {
      emit(b.global(op.getInput()).address(b, {b.batch, b.head, token}),
           b.global(op.getResult()).address(b, {b.batch, b.head, token}), valid);
    });
  else
    b.forRows(b.countRows(op.getResult()), dim, [&](Value row, Value valid) {
      emit(b.rowAddress(op.getInput(), row, {}), b.rowAddress(op.getResult(), row, {}), valid);
    });
  return success();
}

namespace {
/// Thresholds and offset of one head, loaded once.
struct CodeBook : Prepared {
  SmallVector<Value> thresholds;
  RowFragment offset;
};
} // namespace

/// The code book of KV head `head`; sets that all heads share have one row or none.
static CodeBook loadCodeBook(ThreadBuilder &b, Value thresholds, Value offset, Value head, int64_t dim) {
  CodeBook book;
  auto type = cast<ShapedType>(thresholds.getType());
  SmallVector<Value> indices;
  if (type.getRank() == 2)
    indices.push_back(type.getDimSize(0) == 1 ? b.i32(0) : head);
  Value row = b.global(thresholds).address(b, indices);
  for (int64_t i = 0; i < type.getShape().back(); ++i)
    book.thresholds.push_back(b.load(b.getF32Type(), b.offset(row, b.getF32Type(), b.i32(i))));
  if (offset)
    book.offset = b.loadFragment(b.global(offset).address(b, {head, b.firstElement(dim)}), b.getF32Type(), dim);
  return book;
}

/// buk-1..5, pak-1: this lane's bits of every plane of the row, as an integer of one bit an element.
static SmallVector<Value> cut(ThreadBuilder &b, const RowFragment &row, const CodeBook &book, int64_t bits) {
  SmallVector<Value> planes(bits, b.i32(0));
  for (auto [i, element] : llvm::enumerate(row)) {
    Value y = element;
    if (!book.offset.empty())
      y = arith::SubFOp::create(b, y, book.offset[i]);
    Value code = b.i32(0);
    for (Value threshold : book.thresholds) {
      // Ordered: a NaN is above nothing (buk-3).
      Value above = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, y, threshold);
      code = b.add(code, arith::ExtUIOp::create(b, b.getI32Type(), above));
    }
    for (int64_t plane = 0; plane < bits; ++plane) {
      Value bit = b.andOf(b.shiftRight(code, plane), b.i32(1));
      planes[plane] = b.orOf(planes[plane], b.shiftLeft(bit, i));
    }
  }
  return planes;
}

/// Stores this lane's bits into the planes of the code vector at `target`, whose planes are `planeStride` words apart.
static void storePlanes(ThreadBuilder &b, ArrayRef<Value> planes, Value target, Value planeStride, int64_t dim) {
  // A lane's elements fill whole bytes: 8, 16 or 32 of them.
  int64_t count = ThreadBuilder::elementsPerLane(dim);
  Type bits = b.getIntegerType(count);
  Value place = b.div(b.firstElement(dim), b.i32(count));
  for (auto [plane, value] : llvm::enumerate(planes)) {
    Value row = b.offset(target, b.getI32Type(), b.mul(b.i64(plane), planeStride));
    Value narrow = count == 32 ? value : arith::TruncIOp::create(b, bits, value).getResult();
    b.store(narrow, b.offset(row, bits, place));
  }
}

/// Distance between planes of code vectors in `view`, in words.
static Value planeStride(GlobalView &view) { return view.strides[view.strides.size() - 2]; }

/// The code book of the item's head.
static CodeBook loadCodeBook(ThreadBuilder &b, BucketizePackOp op) {
  int64_t dim = op.getInput().getType().getShape().back();
  if (!op.getFixed())
    return loadCodeBook(b, op.getThresholds(), op.getOffset(), b.head, dim);
  CodeBook book;
  ArrayRef<float> fixed = *op.getFixed();
  for (float threshold : fixed)
    book.thresholds.push_back(b.f32(threshold));
  if (op.getOffset())
    book.offset =
        b.loadFragment(b.global(op.getOffset()).address(b, {b.head, b.firstElement(dim)}), b.getF32Type(), dim);
  return book;
}

void mlir::adamas::prepareBucketizePack(ThreadBuilder &b, BucketizePackOp op) {
  prepareRow(b, op.getInput());
  b.prepared[op] = std::make_unique<CodeBook>(loadCodeBook(b, op));
}

LogicalResult mlir::adamas::emitBucketizePack(ThreadBuilder &b, BucketizePackOp op) {
  int64_t dim = op.getInput().getType().getShape().back();
  if (op.getLevel() == Level::Token) {
    GlobalView &result = b.global(op.getResult());
    forTokens(b, op.getInput(), [&](Value token, Value valid) {
      Value source = b.global(getSource(b, op.getInput()).first).address(b, {b.batch, b.head, token});
      SmallVector<Value> planes = cut(b, emitRowAt(b, op.getInput(), source), loadCodeBook(b, op), op.getBits());
      b.ifThen(valid,
               [&] { storePlanes(b, planes, result.address(b, {b.batch, b.head, token}), planeStride(result), dim); });
    });
    return success();
  }
  int64_t sets = op.getThresholds() && op.getThresholds().getType().getRank() == 2
                     ? op.getThresholds().getType().getDimSize(0)
                     : 1;
  if (sets > 1 && sets != b.kvHeads)
    return op.emitOpError() << "expects one set of thresholds or one for each of the " << b.kvHeads
                            << " KV heads on this target, but got " << sets;
  RowRange rows = b.allocateRows(op.getResult(), b.getI32Type(), {op.getBits(), dim / 32});
  Value stride = b.isGlobal(op.getResult()) ? planeStride(b.global(op.getResult())) : b.i64(dim / 32);
  b.forRows(rows.count, dim, [&](Value local, Value valid) {
    Value row = b.add(rows.first, local);
    auto early = b.prepared.find(op);
    CodeBook ofHead = early == b.prepared.end()
                          ? loadCodeBook(b, op) // on its way before the rotation waits for the row
                          : static_cast<CodeBook &>(*early->second);
    SmallVector<Value> planes = cut(b, emitRow(b, op.getInput(), row), ofHead, op.getBits());
    b.ifThen(valid, [&] { storePlanes(b, planes, b.rowAddress(op.getResult(), row, {}), stride, dim); });
  });
  return success();
}

SmallVector<Value> mlir::adamas::slotIndices(ThreadBuilder &b, AppendOp op, Value slot, Value head) {
  bool headMajor = op.getLayout() == PoolLayout::HeadMajor;
  Value pageSize = b.toI32(b.global(op.getKey()).sizes[headMajor ? 2 : 1]);
  Value page = b.div(slot, pageSize), within = b.rem(slot, pageSize);
  return headMajor ? SmallVector<Value>{page, head, within} : SmallVector<Value>{page, within, head};
}

namespace {
/// A row of new tokens on its way from where it was made into a cache.
class NewRow {
public:
  /// Loads the row of `head` of `token`; `inside` says whether there is such a token.
  NewRow(ThreadBuilder &b, AppendOp op, Value token, Value head, Value inside)
      : b(b), op(op), head(head), inside(inside), dim(op.getNewKey().getType().getDimSize(2)),
        first(b.firstElement(dim)) {
    Type element = op.getNewKey().getType().getElementType();
    GlobalView &keys = b.global(op.getNewKey()), &values = b.global(op.getNewValue());
    // Without any token there is nothing to load from: the first slot of the pools does as well.
    Value some = b.lessThan(b.i64(0), keys.sizes[0]);
    Value last = b.maxOf(b.sub(b.toI32(keys.sizes[0]), b.i32(1)), b.i32(0));
    token = b.minOf(token, last);
    auto address = [&](GlobalView &view, Value pool) {
      SmallVector<Value> zeros(3, b.i32(0));
      zeros.push_back(first);
      return b.select(some, view.address(b, {token, head, first}), b.global(pool).address(b, zeros));
    };
    key = b.loadChunks(address(keys, op.getKey()), element, dim);
    value = b.loadChunks(address(values, op.getValue()), element, dim);
    GlobalView &slots = b.global(op.getSlots()), &thresholds = b.global(op.getThresholds());
    slot = b.load(b.getI32Type(), b.select(some, slots.address(b, {token}), thresholds.pointer));
    book = loadCodeBook(b, op.getThresholds(), op.getOffset(), head, dim);
  }

  /// Makes codes of the key, and writes all three.
  void store() {
    GlobalView &keys = b.global(op.getKey()), &values = b.global(op.getValue()), &codes = b.global(op.getCodes());
    Value pages = b.toI32(keys.sizes[0]);
    SmallVector<Value> planes = cut(b, rotate(b, b.toFragment(key), dim), book,
                                    cast<CodesType>(op.getCodes().getType().getElementType()).getBits());
    // kv-3: a slot of -1 is skipped; one beyond the pool would write outside it.
    SmallVector<Value> indices = slotIndices(b, op, slot, head);
    Value valid = b.andOf(b.andOf(inside, b.atLeast(slot, b.i32(0))), b.lessThan(indices[0], pages));
    b.ifThen(valid, [&] {
      storePlanes(b, planes, codes.address(b, indices), planeStride(codes), dim);
      indices.push_back(first);
      b.storeChunks(key, keys.address(b, indices));
      b.storeChunks(value, values.address(b, indices));
    });
  }

private:
  ThreadBuilder &b;
  AppendOp op;
  Value head, inside;
  int64_t dim;
  Value first, slot;
  SmallVector<Value> key, value;
  CodeBook book;
};
} // namespace

/// A work item is a block of new tokens, every head of which is a row.
LogicalResult mlir::adamas::emitAppend(ThreadBuilder &b, AppendOp op) {
  int64_t heads = op.getNewKey().getType().getDimSize(1);
  int64_t lanes = ThreadBuilder::lanesPerRow(op.getNewKey().getType().getDimSize(2));
  // The heads of a token are neighbours: they are neighbours in memory too.
  Value group = b.add(b.mul(b.chunk, b.i32(b.threads() / lanes)), b.div(b.thread, b.i32(lanes)));
  Value token = b.div(group, b.i32(heads)), tokens = b.toI32(b.global(op.getNewKey()).sizes[0]);
  NewRow(b, op, token, b.rem(group, b.i32(heads)), b.lessThan(token, tokens)).store();
  return success();
}

std::function<void()> mlir::adamas::beginAppend(ThreadBuilder &b, AppendOp op, Value firstToken, Value stride) {
  int64_t lanes = ThreadBuilder::lanesPerRow(op.getNewKey().getType().getDimSize(2));
  int64_t perWarp = 32 / lanes, perStep = b.warps() * perWarp;
  Value tokens = b.toI32(b.global(op.getNewKey()).sizes[0]);
  // Whole warps take part: rows are rotated across lanes.
  Value start = b.mul(b.warp, b.i32(perWarp)), group = b.div(b.lane, b.i32(lanes));
  auto rowAt = [&b, op, tokens, group, firstToken, stride](Value ofWarp) {
    Value token = b.add(firstToken, b.mul(stride, b.add(ofWarp, group)));
    return NewRow(b, op, token, b.head, b.lessThan(token, tokens));
  };
  auto first = std::make_shared<NewRow>(rowAt(start));
  return [&b, first, rowAt, start, tokens, firstToken, stride, perStep] {
    first->store();
    Value count = b.div(b.add(b.maxOf(b.sub(tokens, firstToken), b.i32(0)), b.sub(stride, b.i32(1))), stride);
    b.forLoop(b.add(start, b.i32(perStep)), count, b.i32(perStep), [&](Value ofWarp) { rowAt(ofWarp).store(); });
  };
}
