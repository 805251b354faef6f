// Builds the code of one thread of a GPU kernel: coordinates of the work item, values wherever they live.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOGPU_THREADBUILDER_H
#define ADAMAS_CONVERSION_ADAMASTOGPU_THREADBUILDER_H

#include "adamas/Conversion/AdamasToGPU/GlobalView.h"
#include "adamas/Conversion/ValueKinds.h"
#include "adamas/IR/AdamasOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseMap.h"
#include <functional>
#include <memory>

namespace mlir::adamas {

/// The work item's row of a value, in shared or global memory.
struct RowView {
  Value pointer;
  Type element;
};

/// Rows of an item in shared memory, one after the other.
struct SharedRows {
  Value pointer;
  Type element;
  SmallVector<int64_t> shape; ///< of a row
  Value first;                ///< the row, as `rowAddress` counts them, that comes first
};

/// Rows of a value that belong to a work item.
struct RowRange {
  Value first;
  int64_t count;
};

/// A list of tokens: in shared or global memory, with its length.
struct ListView {
  Value pointer; ///< of i32, in either address space
  Value length;
};

/// A row of D f32 values spread over neighbouring lanes: each holds as many consecutive ones.
using RowFragment = SmallVector<Value>;

/// An op whose lowering has begun: its first loads are on their way while ops before it are lowered.
struct Prepared {
  virtual ~Prepared() = default;
};

/// State of one kernel while its ops are lowered. Integers are i32, but addresses and what they are made of i64.
class ThreadBuilder : public ImplicitLocOpBuilder {
public:
  ThreadBuilder(Location loc, OpBuilder &b, KernelOp kernel, GpuAttr schedule, Level level, int64_t kvHeads,
                GlobalViews &globals);

  //===--- the work item ---===//
  Value thread, lane, warp; ///< of the CTA
  Value batch, head;        ///< sequence and KV head
  Value row;                ///< selection of a part-level item, query token of a token-level one
  Value part;               ///< of the token axis
  Value chunk;              ///< of the tokens of a part, at token level
  KernelOp kernel;
  GpuAttr schedule;
  Level level;
  int64_t kvHeads;
  int64_t itemRows = 1; ///< at part level: rows of a sequence and KV head, each of which is an item
  GlobalViews &globals;

  //===--- order among kernels ---===//
  bool readsInputsEarly = false;  ///< codes and lengths that the function is given may be read before that,
  bool readsQueriesEarly = false; ///< and so may queries
  bool waits = false;             ///< the body is to wait itself, in every thread
  void waitForKernelBefore();

  int64_t threads() { return schedule.getThreads(); }
  int64_t warps() { return schedule.getThreads() / 32; }

  //===--- values ---===//
  GlobalView &global(Value value) { return globals.get(*this, value); }
  bool isGlobal(Value value) { return globals.has(value); }
  DenseMap<Value, Value> scalars;   ///< one number a work item
  DenseMap<Value, RowView> shared;  ///< one row a work item
  DenseMap<Value, ListView> lists;  ///< lists, by their indices
  DenseMap<Value, SharedRows> rows; ///< rows of the item, made where they are used
  DenseMap<Value, Value> sums;      ///< rows of counts of all parts of a cluster, by the rows of their own
  DenseMap<Value, Value> gathered;  ///< pointers to rows that the parts of a cluster send to its first CTA
  DenseMap<Value, Value> isLast;    ///< whether this CTA is the last whose rows went to memory, by rows of all parts

  DenseMap<Operation *, std::unique_ptr<Prepared>> prepared;
  /// The lowering of `op` that began before, else one that begins now.
  template <typename Lowering, typename Op> Lowering &lowering(Op op) {
    auto begun = prepared.find(op);
    if (begun == prepared.end())
      begun = prepared.try_emplace(op, std::make_unique<Lowering>(*this, op)).first;
    return static_cast<Lowering &>(*begun->second);
  }
  DenseMap<Value, Value> lengths;                ///< of the item's sequence, loaded at the kernel's start
  DenseMap<Value, SmallVector<Value>> earlyRows; ///< this thread's first row of queries, likewise

  /// Makes what is made where it is used; ops that read the query's side ask for it first.
  std::function<LogicalResult()> makeRows;
  LogicalResult needRows();

  /// Rows of a work item: Nq times the heads of `value` on one KV head.
  int64_t countRows(Value value);
  int64_t headsPerItem(Value value);
  /// Rows of `value` that the item works on: all of a sequence and KV head, those of its query token, or of its
  /// selection.
  RowRange itemRange(Value value);
  /// Leading indices of row `row` of `value`, the part included where there is an axis for it (null: the item's).
  SmallVector<Value> rowIndices(Value value, Value row, Value part = {});
  Value rowAddress(Value value, Value row, ValueRange trailing, Value part = {});
  /// The work item's row of `value`, wherever it lives.
  RowView rowView(Value value, Value part = {});
  /// The same of a result of the op that is being lowered; memory for `count` elements is taken if it lives in shared.
  RowView allocateRow(Value value, Type element, int64_t count);
  /// Takes memory for the item's rows of `value`, `shape` each, unless they go to global memory.
  RowRange allocateRows(Value value, Type element, SmallVector<int64_t> shape);
  /// The work item's list of `indices`, an operand, and its slots: those that hold a token where that is known.
  Value listPointer(Value indices);
  Value countSlots(Value indices);
  /// Query tokens of a sequence, 1 where a value has no axis for them.
  int64_t countQueryTokens(Value value);
  /// The query token of row `row` of `value`, and its head.
  Value queryToken(Value value, Value row);
  Value headOf(Value value, Value row);

  //===--- lengths ---===//
  /// Tokens that query token `token` of `queryTokens` sees, clipped at 0 and `capacity` (nq-1, kv-5).
  Value visibleTokens(Value seqLens, Value token, int64_t queryTokens, Value capacity);
  /// The same of the query token that the work item's row of `value` belongs to.
  Value visibleToRow(Value value, Value seqLens, Value capacity);
  /// The tokens of the item's part of `visible` ones, [begin, end): whole units, as even as they allow.
  std::pair<Value, Value> partRange(Value parts, Value visible);
  /// The tokens that are neither among the first `sink` nor the last `recent` of `visible`.
  std::pair<Value, Value> freeRange(Value visible, int64_t sink, int64_t recent);

  /// Loads the length of the item's sequence, and is done before it has come.
  void prepareLength(Value seqLens);

  /// The sequence whose turn is at `place`: of every `sort` neighbours (of the schedule) the longest first. Work items
  /// start in this order, so that short ones fill the gaps that long ones leave at the end. All lanes take part.
  Value sequenceByLength(Value seqLens, Value place);

  //===--- the cluster ---===//
  int64_t cluster() { return schedule.getCluster(); }
  /// Says early that this CTA runs; no other one's shared memory may be touched before `needCluster`.
  void enterCluster();
  void needCluster();
  /// A barrier of this CTA that opens when CTAs of the cluster have sent it `bytes`, once.
  Value expectBytes(int64_t bytes);
  /// Sends `value` to `pointer` in the shared memory of CTA `rank`, whose `barrier` counts it. `needCluster` first.
  void send(Value value, Value pointer, Value barrier, Value rank);
  /// Waits until they have come. Holds a barrier of the CTA.
  void receive(Value waited);

  //===--- shared memory ---===//
  Value allocateShared(int64_t bytes);
  int64_t sharedBytes = 0;
  void barrier();

  //===--- threads together ---===//
  Value shuffleXor(Value value, int64_t mask);
  Value shuffleUp(Value value, int64_t delta);
  Value shuffleFrom(Value value, Value lane);
  Value ballot(Value predicate);
  /// The sum over a warp, in every lane.
  Value warpSum(Value value);
  /// The sum over lanes before this one, and over all lanes.
  std::pair<Value, Value> warpPrefix(Value value);
  /// The sum over threads before this one of the CTA, and over all. Holds a barrier; another lies between two calls.
  std::pair<Value, Value> ctaPrefix(Value value);

  //===--- shorthand ---===//
  Value i32(int64_t value) { return arith::ConstantIntOp::create(*this, value, 32); }
  Value i64(int64_t value) { return arith::ConstantIntOp::create(*this, value, 64); }
  Value f32(double value) { return arith::ConstantFloatOp::create(*this, getF32Type(), llvm::APFloat(float(value))); }
  Value toI64(Value value);
  Value toI32(Value value);
  Value add(Value a, Value b) { return arith::AddIOp::create(*this, a, b); }
  Value sub(Value a, Value b) { return arith::SubIOp::create(*this, a, b); }
  Value mul(Value a, Value b) { return arith::MulIOp::create(*this, a, b); }
  Value div(Value a, Value b) { return arith::DivUIOp::create(*this, a, b); }
  Value rem(Value a, Value b) { return arith::RemUIOp::create(*this, a, b); }
  Value ceilDiv(Value a, int64_t b) { return div(add(a, i32(b - 1)), i32(b)); }
  Value minOf(Value a, Value b) { return arith::MinSIOp::create(*this, a, b); }
  Value maxOf(Value a, Value b) { return arith::MaxSIOp::create(*this, a, b); }
  Value andOf(Value a, Value b) { return arith::AndIOp::create(*this, a, b); }
  Value orOf(Value a, Value b) { return arith::OrIOp::create(*this, a, b); }
  Value xorOf(Value a, Value b) { return arith::XOrIOp::create(*this, a, b); }
  Value shiftLeft(Value a, int64_t bits) { return bits ? arith::ShLIOp::create(*this, a, i32(bits)).getResult() : a; }
  Value shiftRight(Value a, int64_t bits) { return bits ? arith::ShRUIOp::create(*this, a, i32(bits)).getResult() : a; }
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) {
    return arith::CmpIOp::create(*this, predicate, a, b);
  }
  Value lessThan(Value a, Value b) { return compare(arith::CmpIPredicate::slt, a, b); }
  Value atLeast(Value a, Value b) { return compare(arith::CmpIPredicate::sge, a, b); }
  Value equal(Value a, Value b) { return compare(arith::CmpIPredicate::eq, a, b); }
  Value select(Value condition, Value a, Value b) { return arith::SelectOp::create(*this, condition, a, b); }
  Value popcount(Value word);

  /// `for i in [begin, end) step step`, i32; the body gets the index, and loop-carried values which it returns updated.
  SmallVector<Value> forLoop(Value begin, Value end, Value step, ValueRange carried,
                             function_ref<SmallVector<Value>(Value, ValueRange)> body);
  void forLoop(Value begin, Value end, Value step, function_ref<void(Value)> body);
  /// `for i = thread; i < end; i += threads`.
  void forThreads(Value end, function_ref<void(Value)> body) { forLoop(thread, end, i32(threads()), body); }
  void ifThen(Value condition, function_ref<void()> body);
  SmallVector<Value> ifElse(Value condition, ValueRange other, function_ref<SmallVector<Value>()> then);
  SmallVector<Value> whileLoop(ValueRange initial, function_ref<Value(ValueRange)> condition,
                               function_ref<SmallVector<Value>(ValueRange)> body);

  Value load(Type type, Value pointer, int64_t alignment = 0);
  void store(Value value, Value pointer, int64_t alignment = 0);
  /// `pointer` moved by `index` elements.
  Value offset(Value pointer, Type element, Value index);
  Value loadI32(Value pointer, Value index) { return load(getI32Type(), offset(pointer, getI32Type(), index)); }
  void storeI32(Value value, Value pointer, Value index) { store(value, offset(pointer, getI32Type(), index)); }

  //===--- rows over lanes ---===//
  /// Elements of a row that a lane holds, and lanes that hold a row.
  static int64_t elementsPerLane(int64_t dim) { return std::max<int64_t>(8, dim / 32); }
  static int64_t lanesPerRow(int64_t dim) { return dim / elementsPerLane(dim); }
  /// This lane's first element of a row.
  Value firstElement(int64_t dim);
  /// This lane's part of a row, from `pointer` on, in vectors of 16 bytes as stored.
  SmallVector<Value> loadChunks(Value pointer, Type element, int64_t dim);
  void storeChunks(ArrayRef<Value> chunks, Value pointer);
  /// The elements of such vectors as f32, which is exact.
  RowFragment toFragment(ArrayRef<Value> chunks);
  RowFragment loadFragment(Value pointer, Type element, int64_t dim);
  void storeFragment(const RowFragment &row, Value pointer, Type element, int64_t dim);
  /// Runs `body` for rows 0 .. count - 1, one for each group of lanes that holds a row of `dim` elements. Every lane
  /// takes part; rows beyond the last repeat it, and `valid` says so: store nothing then.
  void forRows(int64_t count, int64_t dim, function_ref<void(Value row, Value valid)> body);

private:
  Value prefixSlots;
  Operation *entry = nullptr; ///< where this CTA says that it runs
  bool clusterRuns = true;    ///< whether all CTAs of the cluster are known to run
};

/// Lowers `op`; `histograms` are what the scans of its kernel feed.
LogicalResult emitOp(ThreadBuilder &b, Operation &op, ArrayRef<HistogramOp> histograms);

//===--- one lowering per op ---===//

/// f32 fragment of row `row` of `value`: a rotation held in registers is made here.
RowFragment emitRow(ThreadBuilder &b, Value value, Value row);
/// Loads this thread's first row of `value`, of the item's rows as `forRows` deals them out, long before `emitRow` is
/// asked for it; where there are more rows than that takes it does nothing.
void prepareRow(ThreadBuilder &b, Value value);
/// The same of a row that starts at `pointer` in what `value` is made from.
RowFragment emitRowAt(ThreadBuilder &b, Value value, Value pointer);

LogicalResult emitHadamard(ThreadBuilder &b, HadamardOp op);
LogicalResult emitBucketizePack(ThreadBuilder &b, BucketizePackOp op);
/// Loads its rows and thresholds before it is emitted.
void prepareBucketizePack(ThreadBuilder &b, BucketizePackOp op);
LogicalResult emitWeigh(ThreadBuilder &b, WeighOp op);
LogicalResult emitAppend(ThreadBuilder &b, AppendOp op);
/// Where `op` puts a row of `head` for `slot`: leading indices of a pool, the page first, which may lie beyond the
/// pool.
SmallVector<Value> slotIndices(ThreadBuilder &b, AppendOp op, Value slot, Value head);
/// Loads new rows of the item's KV head, of tokens `firstToken`, `firstToken + stride`, ...; what is returned writes
/// them and those that are left. A barrier makes them seen by the CTA.
std::function<void()> beginAppend(ThreadBuilder &b, AppendOp op, Value firstToken, Value stride);
/// A scan: distances of a block of tokens and what counts them.
LogicalResult emitScan(ThreadBuilder &b, DistanceOpInterface op, ArrayRef<HistogramOp> histograms);
LogicalResult emitCandidateDistance(ThreadBuilder &b, DistanceOpInterface op);
LogicalResult emitCandidateHistogram(ThreadBuilder &b, HistogramOp op);
/// Takes memory for its bins and clears it, while distances are measured: their barrier makes that seen.
void prepareCandidateHistogram(ThreadBuilder &b, HistogramOp op);
LogicalResult emitThreshold(ThreadBuilder &b, ThresholdOp op);
LogicalResult emitCompact(ThreadBuilder &b, CompactOp op);
/// Loads the first distances of a part before its threshold is known.
void prepareCompact(ThreadBuilder &b, CompactOp op);
LogicalResult emitJoin(ThreadBuilder &b, JoinOp op);
LogicalResult emitAddPartAxis(ThreadBuilder &b, AddPartAxisOp op);
/// Loads what attention needs first, long before it; may be left out.
void prepareAttention(ThreadBuilder &b, PartialAttentionOp op);
LogicalResult emitPartialAttention(ThreadBuilder &b, PartialAttentionOp op);
LogicalResult emitMergeAttention(ThreadBuilder &b, MergeAttentionOp op);

//===--- pieces that lowerings share ---===//

/// Sets all words of `value`, whole rows that follow each other, by all threads of the kernel. A caller's memory
/// (`isCallers`) starts at a multiple of 4 bytes, ours of 256.
void fillMemory(ThreadBuilder &kb, Value value, int32_t number, bool isCallers);

/// had-2.
RowFragment rotate(ThreadBuilder &b, RowFragment row, int64_t dim);
/// Measures the tokens [begin, end) of the item's row of `distances`, kept in 8 bits, once more, and keeps them less
/// `base`, saturated at both ends. Ends with a barrier.
void remeasure(ThreadBuilder &b, Value distances, Value begin, Value end, Value base);
/// Whether any of neighbouring slots of a list, which ascends, is no position of [low, high): its `first` tells, or its
/// `last`. The -1 of a padded slot is as the last of all.
Value isAnyOutside(ThreadBuilder &b, Value first, Value last, Value low, Value high);
/// The distance at `index` of a row at `pointer`: 16 bits or 32.
Value loadDistance(ThreadBuilder &b, Value pointer, Type element, Value index);

/// Tokens of the unit that a warp measures at once, and of which parts are made.
constexpr int64_t unitTokens = 64;

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOGPU_THREADBUILDER_H
