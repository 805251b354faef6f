// adamas.partial_attention and adamas.merge_attention for GPUs: what warps made is merged, then what parts made.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/SoftmaxEngine.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include <cmath>

using namespace mlir;
using namespace mlir::adamas;

static void fence(ThreadBuilder &b) { LLVM::FenceOp::create(b, LLVM::AtomicOrdering::acq_rel, "device"); }

namespace {
class PartialAttention : public Prepared {
public:
  PartialAttention(ThreadBuilder &b, PartialAttentionOp op)
      : b(b), op(op), engine(makeSoftmaxEngine(b, op)), dim(op.getQuery().getType().getShape().back()),
        heads(engine->heads) {}

  void prepare() { engine->prepare(); }

  void emit() {
    findTokens();
    states = engine->attend(tokens);
    b.barrier();
    gathers = op.getPlacement() == Placement::Cluster && b.cluster() > 1;
    finish();
    if (gathers)
      return b.ifThen(b.equal(b.part, b.i32(0)), [&] { b.receive(arrival); });
    b.barrier();
    if (op.getPlacement() == Placement::Grid)
      countPart();
  }

private:
  /// How many tokens there are, and which.
  void findTokens() {
    if (op.getIndices()) {
      tokens.list = b.listPointer(op.getIndices());
      tokens.count = b.scalars.lookup(op.getLengths());
      if (!tokens.count)
        tokens.count = b.load(b.getI32Type(), b.rowAddress(op.getLengths(), b.row, {}));
      return;
    }
    Value visible =
        b.visibleTokens(op.getSeqLens(), b.row, b.countQueryTokens(op.getQuery()), b.global(op.getKey()).capacity);
    Value begin, end;
    std::tie(begin, end) = b.partRange(op.getParts(), visible);
    tokens.first = begin;
    tokens.count = b.sub(end, begin);
  }

  /// The merge of the warps, in their order (att-5); att-3: the empty set gives o = 0 and lse = -inf.
  void finish() {
    Value outputs = op.getOutput(), lses = op.getLse();
    if (gathers) {
      // The cluster's first CTA merges: every part's rows go there.
      arrival = b.expectBytes(b.cluster() * heads * (dim + 1) * 4);
      b.needCluster();
      gather(outputs, heads * dim);
      gather(lses, heads);
    }
    if (!b.isGlobal(outputs) && !gathers)
      b.shared[outputs] = {b.allocateShared(heads * dim * 4), b.getF32Type()};
    if (!b.isGlobal(lses) && !gathers)
      b.shared[lses] = {b.allocateShared(heads * 4), b.getF32Type()};
    // Elements of a thread; those of a few are made side by side, since each is a chain of shuffles.
    int64_t elements = heads * dim, steps = llvm::divideCeil(elements, b.threads());
    if (steps > mostSideBySide)
      return b.forThreads(b.i32(elements), [&](Value index) { store(mergeWarps(index)); });
    SmallVector<Merged> merged;
    for (int64_t i = 0; i < steps; ++i)
      merged.push_back(mergeWarps(b.minOf(b.add(b.thread, b.i32(i * b.threads())), b.i32(elements - 1))));
    for (int64_t i = 0; i < steps; ++i) {
      int64_t left = elements - i * b.threads();
      left >= b.threads() ? store(merged[i]) : b.ifThen(b.lessThan(b.thread, b.i32(left)), [&] { store(merged[i]); });
    }
  }

  static constexpr int64_t mostSideBySide = 4;

  /// An element of a head's output, and what belongs to the head.
  struct Merged {
    Value headOfItem, j, output, maximum, denominator;
  };

  /// Of element `index` of the item's outputs: whole warps ask for a row.
  Merged mergeWarps(Value index) {
    Value headOfItem = b.div(index, b.i32(dim)), j = b.rem(index, b.i32(dim));
    Value tile = b.div(headOfItem, b.i32(states.perTile)), h = b.rem(headOfItem, b.i32(states.perTile));
    // A lane looks after the state of one warp: its weight, and its share of the sum.
    Value first = b.mul(tile, b.i32(states.warpsPerTile)), mine = b.lessThan(b.lane, b.i32(states.warpsPerTile));
    Value state = states.at(b, b.add(first, b.select(mine, b.lane, b.i32(0))), h);
    Value ofWarp = b.select(mine, loadF32(state, b.i32(dim)), minusInfinity(b)), maximum = ofWarp;
    // Lanes beyond the last warp have nothing.
    int64_t lanes = llvm::PowerOf2Ceil(states.warpsPerTile);
    for (int64_t mask = 1; mask < lanes; mask *= 2)
      maximum = maxF(b, maximum, b.shuffleXor(maximum, mask));
    Value weight = weightOf(b, ofWarp, finiteReference(b, maximum));
    Value denominator = mulF(b, weight, b.select(mine, loadF32(state, b.i32(dim + 1)), b.f32(0.0)));
    for (int64_t mask = 1; mask < lanes; mask *= 2)
      denominator = addF(b, denominator, b.shuffleXor(denominator, mask));
    if (lanes < 32) {
      maximum = b.shuffleFrom(maximum, b.i32(0));
      denominator = b.shuffleFrom(denominator, b.i32(0));
    }
    Value output = b.f32(0.0);
    for (int64_t w = 0; w < states.warpsPerTile; ++w)
      output = fma(b, b.shuffleFrom(weight, b.i32(w)), loadF32(states.at(b, b.add(first, b.i32(w)), h), j), output);
    Value empty = b.compare(arith::CmpIPredicate::sle, tokens.count, b.i32(0));
    output = arith::DivFOp::create(b, output, b.select(empty, b.f32(1.0), denominator));
    return {headOfItem, j, output, maximum, denominator};
  }

  void store(const Merged &element) {
    store(op.getOutput(), element.headOfItem, element.j, element.output);
    b.ifThen(b.equal(element.j, b.i32(0)), [&] {
      Value log = adamas_gpu::Log2Op::create(b, b.getF32Type(), element.denominator);
      Value lse = mulF(b, addF(b, element.maximum, log), b.f32(M_LN2));
      Value empty = b.compare(arith::CmpIPredicate::sle, tokens.count, b.i32(0));
      store(op.getLse(), element.headOfItem, Value(), b.select(empty, minusInfinity(b), lse));
    });
  }

  /// Says that this part's rows are in memory, and whether those of all others are.
  void countPart() {
    Value last = b.allocateShared(4);
    int64_t ways = op.getLse().getType().getShape().back();
    b.ifThen(b.equal(b.thread, b.i32(0)), [&] {
      Value done = b.rowAddress(op.getLse(), engine->queryRow(b.i32(0)), {}, b.i32(ways));
      // The rows of the CTA's other threads, which the barrier ordered before, are out before the count; the merge has
      // the other half of this. Fences, since atomics themselves are emitted without an order.
      fence(b);
      Value before = LLVM::AtomicRMWOp::create(b, LLVM::AtomicBinOp::add, done, b.i32(1),
                                               LLVM::AtomicOrdering::monotonic, "device");
      b.store(before, last);
    });
    b.barrier();
    b.isLast[op.getLse()] = b.equal(b.load(b.getI32Type(), last), b.i32(ways - 1));
  }

  /// Takes memory for `elements` of every part, and says where this part's is in the first CTA.
  void gather(Value value, int64_t elements) {
    Value all = b.allocateShared(b.cluster() * elements * 4);
    b.gathered[value] = all;
    b.shared[value] = {b.offset(all, b.getF32Type(), b.mul(b.part, b.i32(elements))), b.getF32Type()};
  }

  Value loadF32(Value pointer, Value index) { return b.load(b.getF32Type(), b.offset(pointer, b.getF32Type(), index)); }

  void store(Value value, Value headOfItem, Value j, Value number) {
    SmallVector<Value> trailing;
    if (j)
      trailing.push_back(j);
    if (b.isGlobal(value))
      return b.store(number, b.rowAddress(value, engine->queryRow(headOfItem), trailing));
    Value index = j ? b.add(b.mul(headOfItem, b.i32(dim)), j) : headOfItem;
    Value target = b.offset(b.shared[value].pointer, b.getF32Type(), index);
    gathers ? b.send(number, target, arrival, b.i32(0)) : b.store(number, target);
  }

  ThreadBuilder &b;
  PartialAttentionOp op;
  std::unique_ptr<SoftmaxEngine> engine;
  int64_t dim, heads;
  bool gathers = false;
  TokenRange tokens;
  WarpStates states;
  Value arrival; ///< of all parts' rows, in the cluster's first CTA
};
} // namespace

void mlir::adamas::prepareAttention(ThreadBuilder &b, PartialAttentionOp op) {
  b.lowering<PartialAttention>(op).prepare();
}

LogicalResult mlir::adamas::emitPartialAttention(ThreadBuilder &b, PartialAttentionOp op) {
  b.lowering<PartialAttention>(op).emit();
  return success();
}

LogicalResult mlir::adamas::emitMergeAttention(ThreadBuilder &b, MergeAttentionOp op) {
  auto shape = op.getOutput().getType().getShape();
  int64_t dim = shape.back(), ways = shape[shape.size() - 2];
  bool whole = b.level == Level::Part;
  int64_t rows = whole ? b.countRows(op.getLse()) / b.itemRows : b.countRows(op.getLse());
  bool gathered = b.gathered.count(op.getLse()) != 0;
  // Rows of all parts in shared memory, part by part; a single part's are the CTA's own.
  auto nearRows = [&](Value value) { return gathered ? b.gathered.lookup(value) : b.shared.lookup(value).pointer; };
  // A cluster's first CTA has all rows, or the one that is done last sees them.
  Value mine = gathered ? b.equal(b.part, b.i32(0)) : b.isLast.lookup(op.getLse());
  auto merge = [&](function_ref<void()> body) { mine ? b.ifThen(mine, body) : body(); };
  merge([&] {
    if (!gathered && mine) // other CTAs' rows are read behind their counts
      fence(b);
    b.forRows(rows, dim, [&](Value local, Value valid) {
      Value row = whole ? b.add(b.mul(b.row, b.i32(rows)), local) : local;
      auto indexOf = [&](Value part) { return b.add(b.mul(part, b.i32(rows)), local); };
      auto lseOf = [&](Value part) {
        Value near = nearRows(op.getLse());
        return b.load(b.getF32Type(),
                      near ? b.offset(near, b.getF32Type(), indexOf(part)) : b.rowAddress(op.getLse(), row, {}, part));
      };
      auto outputOf = [&](Value part) {
        Value near = nearRows(op.getOutput());
        Value index = near ? b.add(b.mul(indexOf(part), b.i32(dim)), b.firstElement(dim)) : Value();
        return b.loadFragment(near ? b.offset(near, b.getF32Type(), index)
                                   : b.rowAddress(op.getOutput(), row, {b.firstElement(dim)}, part),
                              b.getF32Type(), dim);
      };
      // A few parts at a time: their loads are on their way together, and many parts make no more code than few.
      constexpr int64_t atOnce = 8;
      auto forParts = [&](ValueRange initial, function_ref<SmallVector<Value>(Value, ValueRange)> body) {
        SmallVector<Value> state(initial);
        if (ways <= 2 * atOnce) {
          for (int64_t part = 0; part < ways; ++part)
            state = body(b.i32(part), state);
          return state;
        }
        int64_t whole = ways / atOnce * atOnce;
        state = b.forLoop(b.i32(0), b.i32(whole), b.i32(atOnce), state, [&](Value part, ValueRange carried) {
          SmallVector<Value> next(carried);
          for (int64_t i = 0; i < atOnce; ++i)
            next = body(b.add(part, b.i32(i)), next);
          return next;
        });
        for (int64_t part = whole; part < ways; ++part)
          state = body(b.i32(part), state);
        return state;
      };
      Value maximum = forParts(minusInfinity(b), [&](Value part, ValueRange most) {
        return SmallVector<Value>{maxF(b, most[0], lseOf(part))};
      })[0];
      // Every part empty: their outputs, 0, add up as they are.
      Value empty = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maximum, minusInfinity(b));
      Value log2e = b.f32(M_LOG2E);
      SmallVector<Value> sums(ThreadBuilder::elementsPerLane(dim) + 1, b.f32(0.0));
      sums = forParts(sums, [&](Value part, ValueRange carried) {
        Value distance = arith::SubFOp::create(b, lseOf(part), maximum);
        Value weight = adamas_gpu::Exp2Op::create(b, b.getF32Type(), mulF(b, distance, log2e));
        weight = b.select(empty, b.f32(1.0), weight);
        RowFragment o = outputOf(part);
        // The softmax of a part whose scores are all -inf is no number; in the whole it counts for nothing.
        Value nothing = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, weight, b.f32(0.0));
        for (Value &x : o)
          x = b.select(nothing, b.f32(0.0), x);
        SmallVector<Value> next{addF(b, carried[0], weight)};
        for (size_t i = 0; i < o.size(); ++i)
          next.push_back(fma(b, weight, o[i], carried[i + 1]));
        return next;
      });
      Value total = sums[0];
      RowFragment output(llvm::drop_begin(sums));
      for (Value &o : output)
        o = arith::DivFOp::create(b, o, total);
      b.ifThen(valid, [&] {
        if (b.isGlobal(op.getMerged()))
          b.storeFragment(output, b.rowAddress(op.getMerged(), row, {b.firstElement(dim)}), op.getElementType(), dim);
        if (!b.isGlobal(op.getMergedLse()))
          return;
        Value log = mulF(b, Value(adamas_gpu::Log2Op::create(b, b.getF32Type(), total)), b.f32(M_LN2));
        Value lse = b.select(empty, minusInfinity(b), addF(b, maximum, log));
        b.ifThen(b.equal(b.firstElement(dim), b.i32(0)),
                 [&] { b.store(lse, b.rowAddress(op.getMergedLse(), row, {})); });
      });
    });
  });
  return success();
}
