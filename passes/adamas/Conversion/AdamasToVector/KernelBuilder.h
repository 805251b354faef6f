// Builds the function of one kernel: coordinates of the work item, rows, access to values wherever they live.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOVECTOR_KERNELBUILDER_H
#define ADAMAS_CONVERSION_ADAMASTOVECTOR_KERNELBUILDER_H

#include "adamas/Conversion/AdamasToVector/Storage.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseMap.h"

namespace mlir::adamas {

/// One row of a value: memory and the indices that lead to it. Trailing axes are the caller's.
struct Row {
  Value memory;
  SmallVector<Value> indices;
};

/// A row of f32 values held in vector registers.
using RegisterRow = SmallVector<Value>;

/// State of one kernel's function while its ops are lowered. The lowering of an op sees rows; whether they lie in
/// scratch memory of the work item or in global memory is decided by the placement of the value.
class KernelBuilder : public ImplicitLocOpBuilder {
public:
  KernelBuilder(Location loc, OpBuilder &b, KernelOp kernel, int64_t kvHeads);

  //===--- the work item ---===//
  Value batch, head, block; ///< coordinates
  int64_t kvHeads;
  CpuAttr cpu;
  Level level;

  //===--- values ---===//
  /// Says that `value` lies in global memory `memory`.
  void setGlobal(Value value, Value memory) { globals[value] = memory; }
  Value getGlobal(Value value) const { return globals.lookup(value); }

  /// Gives the result `value` of the op that is being lowered its memory: global if a kernel's result, else scratch
  /// with `rows` rows of `trailing` elements (dynamic lengths as values).
  void allocate(Value value, Type element, ArrayRef<OpFoldResult> trailing);

  /// Row `row` of `value`; `part` of it where it has parts (null: the work item's part, or the only one).
  Row getRow(Value value, Value row, Value part = {});
  /// Rows of a work item: Nq times the heads of `value` on one KV head.
  int64_t countRows(Value value);
  /// The query token of row `row` of `value`, and its head.
  Value getQueryToken(Value value, Value row);
  Value getHead(Value value, Value row);

  /// The index of the work item's sequence in `cache`: one that is statically shared has a single entry.
  Value cacheBatch(Value cache);

  /// Whether `value` is demanded row by row rather than stored.
  bool isInRegisters(Value value);

  //===--- lengths ---===//
  /// Tokens that row `row` of `value` sees (nq-1), clipped at 0; `seqLens` is required on this target.
  Value getVisible(Value value, Value row, Value seqLens);
  /// The token range of the work item's part, [begin, end); all tokens without `parts`.
  std::pair<Value, Value> getPartRange(Value parts, Value visible);

  //===--- shorthand ---===//
  Value index(int64_t value) { return arith::ConstantIndexOp::create(*this, value); }
  Value i32(int64_t value) { return arith::ConstantIntOp::create(*this, value, 32); }
  Value f32(double value);
  /// A vector with `value` in every lane.
  Value splat(Value value, int64_t lanes);
  Value splatF32(double value, int64_t lanes) { return splat(f32(value), lanes); }
  Value splatI32(int64_t value, int64_t lanes) { return splat(i32(value), lanes); }
  VectorType vectorType(Type element, int64_t lanes) { return VectorType::get({lanes}, element); }

  Value load(const Row &row, ValueRange trailing);
  void store(Value value, const Row &row, ValueRange trailing);
  Value loadVector(Type element, int64_t lanes, const Row &row, ValueRange trailing);
  void storeVector(Value value, const Row &row, ValueRange trailing);

  /// `for i in [begin, end) step step`; the body gets the index, and loop-carried values which it returns updated.
  SmallVector<Value> forLoop(Value begin, Value end, int64_t step, ValueRange carried,
                             function_ref<SmallVector<Value>(Value, ValueRange)> body);
  void forLoop(Value begin, Value end, int64_t step, function_ref<void(Value)> body);
  /// `while condition(state): state = body(state)`; gives the last state.
  SmallVector<Value> whileLoop(ValueRange initial, function_ref<Value(ValueRange)> condition,
                               function_ref<SmallVector<Value>(ValueRange)> body);
  /// `condition ? then() : other`, where memory that `then` reads is touched only if `condition` holds.
  SmallVector<Value> ifElse(Value condition, ValueRange other, function_ref<SmallVector<Value>()> then);
  /// A loop over `count` rows, or its body alone where there is one.
  void forRows(int64_t count, function_ref<void(Value)> body);
  void ifThen(Value condition, function_ref<void()> body);

  Value minIndex(Value a, Value b) { return arith::MinSIOp::create(*this, a, b); }
  Value maxIndex(Value a, Value b) { return arith::MaxSIOp::create(*this, a, b); }
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) {
    return arith::CmpIOp::create(*this, predicate, a, b);
  }
  Value toIndex(Value i32) { return arith::IndexCastOp::create(*this, getIndexType(), i32); }
  Value toI32(Value index) { return arith::IndexCastOp::create(*this, getI32Type(), index); }
  Value add(Value a, Value b);
  Value sub(Value a, Value b);

  /// Scratch memory of the work item, freed at its end.
  Value scratch(Type element, ArrayRef<OpFoldResult> shape);
  void freeScratch();

private:
  int64_t headsPerItem(Value value);
  bool hasQueryTokens(Value value);

  DenseMap<Value, Value> globals;
  DenseMap<Value, Value> locals;
  SmallVector<Value> allocations;
};

//===--- one lowering per op ---===//
// Each emits its op at the builder's insertion point and stores its results.

/// The f32 row `row` of `value`: butterflies if a rotation is held in registers, else loads.
RegisterRow emitRegisterRow(KernelBuilder &b, Value value, const Row &source);
/// The same for a row of a query-side value.
RegisterRow emitQueryRow(KernelBuilder &b, Value value, Value row);

LogicalResult emitHadamard(KernelBuilder &b, HadamardOp op);
LogicalResult emitBucketizePack(KernelBuilder &b, BucketizePackOp op);
LogicalResult emitWeigh(KernelBuilder &b, WeighOp op);
LogicalResult emitDistance(KernelBuilder &b, DistanceOpInterface op);
LogicalResult emitHistogram(KernelBuilder &b, HistogramOp op);
LogicalResult emitThreshold(KernelBuilder &b, ThresholdOp op);
LogicalResult emitCompact(KernelBuilder &b, CompactOp op);
LogicalResult emitJoin(KernelBuilder &b, JoinOp op);
LogicalResult emitAddPartAxis(KernelBuilder &b, AddPartAxisOp op);
LogicalResult emitPartialAttention(KernelBuilder &b, PartialAttentionOp op);
LogicalResult emitMergeAttention(KernelBuilder &b, MergeAttentionOp op);

/// The boundaries by which a scan of all tokens is divided, from what uses its distances; null if it is not.
Value getDistanceParts(DistanceOpInterface op);

/// Writes distances that the function returns: i32, -1 where there is no such token.
void emitDistanceExport(KernelBuilder &b, DistanceOpInterface op, Value memory);

//===--- pieces that lowerings share ---===//

/// Butterflies of stride `stride` over a row in registers: every element's partner.
RegisterRow exchange(KernelBuilder &b, const RegisterRow &row, int64_t stride);
/// Lanes of the vectors that hold a row of `dim` f32 values.
int64_t rowLanes(KernelBuilder &b, int64_t dim);
/// The word of a vector of 32 truth values, lane 0 in bit 0.
Value packMask(KernelBuilder &b, Value mask);

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOVECTOR_KERNELBUILDER_H
