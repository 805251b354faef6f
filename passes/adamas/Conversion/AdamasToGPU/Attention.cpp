// adamas.partial_attention and adamas.merge_attention for GPUs: a few lanes hold a token's row, running maxima.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::adamas;

// Query heads whose state a warp keeps in registers while it reads a token once.
static constexpr int64_t headsAtOnce = 8;
// Tokens of which a lane has keys and values on the way, at most.
static constexpr int64_t fewAtOnce = 2, mostAtOnce = 4;

static Value mulF(ThreadBuilder &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }
static Value addF(ThreadBuilder &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }
static Value maxF(ThreadBuilder &b, Value x, Value y) { return arith::MaxNumFOp::create(b, x, y); }
static Value fma(ThreadBuilder &b, Value x, Value y, Value z) { return LLVM::FMAOp::create(b, x.getType(), x, y, z); }
static Value minusInfinity(ThreadBuilder &b) { return b.f32(-std::numeric_limits<double>::infinity()); }

/// 2^(x - reference), where a maximum of -inf stands for an empty set.
static Value weightOf(ThreadBuilder &b, Value x, Value reference) {
  return adamas_gpu::Exp2Op::create(b, b.getF32Type(), arith::SubFOp::create(b, x, reference));
}
static Value finiteReference(ThreadBuilder &b, Value maximum) {
  Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maximum, minusInfinity(b));
  return b.select(none, b.f32(0.0), maximum);
}

namespace {
/// Running softmax of one head: maximum (of scores times log2 e), denominator, this lane's part of the output.
struct Softmax {
  Value maximum, denominator;
  RowFragment output;

  void appendTo(SmallVectorImpl<Value> &values) const {
    values.push_back(maximum);
    values.push_back(denominator);
    values.append(output);
  }
  static Softmax take(ValueRange &values, int64_t count) {
    Softmax state{values[0], values[1], {}};
    llvm::append_range(state.output, values.slice(2, count));
    values = values.drop_front(2 + count);
    return state;
  }
};

class PartialAttention : public Prepared {
public:
  PartialAttention(ThreadBuilder &b, PartialAttentionOp op)
      : b(b), op(op), element(op.getQuery().getType().getElementType()), dim(op.getQuery().getType().getShape().back()),
        count(ThreadBuilder::elementsPerLane(dim)), lanes(ThreadBuilder::lanesPerRow(dim)), groups(32 / lanes) {
    heads = b.countRows(op.getQuery()) / b.itemRows;
    tiles = (heads + headsAtOnce - 1) / headsAtOnce;
    // Heads of a tile share a warp, tiles share the warps.
    while (b.warps() % tiles != 0)
      ++tiles;
    perTile = (heads + tiles - 1) / tiles;
    warpsPerTile = b.warps() / tiles;
  }

  /// One head's row of the query, whose trip from memory would keep keys and values waiting.
  void prepare() {
    if (tiles == 1 && perTile == 1)
      onlyQuery = b.loadChunks(queryAddress(b.i32(0)), element, dim);
  }

  void emit() {
    findTokens();
    loadQuery();
    SmallVector<Softmax> states = attend();
    for (Softmax &state : states)
      mergeGroups(state);
    writeWarps(states);
    b.barrier();
    gathers = op.getPlacement() == Placement::Cluster && b.cluster() > 1;
    finish();
    if (!gathers)
      return b.barrier();
    b.ifThen(b.equal(b.part, b.i32(0)), [&] { b.receive(arrival); });
  }

private:
  /// How many tokens there are, and which.
  void findTokens() {
    if (op.getIndices()) {
      list = b.listPointer(op.getIndices());
      tokens = b.scalars.lookup(op.getLengths());
      if (!tokens)
        tokens = b.load(b.getI32Type(), b.rowAddress(op.getLengths(), b.row, {}));
      return;
    }
    Value visible =
        b.visibleTokens(op.getSeqLens(), b.row, b.countQueryTokens(op.getQuery()), b.global(op.getKey()).capacity);
    Value begin, end;
    std::tie(begin, end) = b.partRange(op.getParts(), visible);
    first = begin;
    tokens = b.sub(end, begin);
  }

  Value queryRow(Value headOfItem) { return b.add(b.mul(b.row, b.i32(heads)), headOfItem); }

  void loadQuery() {
    float scale = op.getScale() ? op.getScale()->convertToFloat() : float(1.0 / std::sqrt(double(dim)));
    Value factor = b.f32(double(scale) * M_LOG2E);
    Value tile = tiles == 1 ? b.i32(0) : b.div(b.warp, b.i32(warpsPerTile));
    warpOfTile = tiles == 1 ? b.warp : b.rem(b.warp, b.i32(warpsPerTile));
    for (int64_t h = 0; h < perTile; ++h) {
      Value headOfItem = b.minOf(b.add(b.mul(tile, b.i32(perTile)), b.i32(h)), b.i32(heads - 1));
      RowFragment q =
          onlyQuery.empty() ? b.loadFragment(queryAddress(headOfItem), element, dim) : b.toFragment(onlyQuery);
      for (Value &x : q)
        x = mulF(b, x, factor);
      query.push_back(q);
    }
  }

  Value queryAddress(Value headOfItem) {
    return b.rowAddress(op.getQuery(), queryRow(headOfItem), {b.firstElement(dim)});
  }

  Value tokenAt(Value slot) {
    Value inside = b.minOf(slot, b.sub(tokens, b.i32(1)));
    return list ? b.loadI32(list, inside) : b.add(first, inside);
  }

  int64_t countParts() { return op.getIndices().getType().getShape().drop_back().back(); }
  /// Tokens of the list that a part has if all have as many.
  int64_t countListed() { return op.getIndices().getType().getShape().back() / countParts(); }

  SmallVector<Value> loadRow(Value cache, Value token) {
    Value row = b.global(cache).tokenAddress(b, b.batch, b.head, token);
    return b.loadChunks(b.offset(row, element, b.firstElement(dim)), element, dim);
  }

  SmallVector<Softmax> attend() {
    SmallVector<Value> initial;
    for (int64_t h = 0; h < perTile; ++h)
      Softmax{minusInfinity(b), b.f32(0.0), RowFragment(count, b.f32(0.0))}.appendTo(initial);
    Value begin = b.mul(warpOfTile, b.i32(groups)), group = b.div(b.lane, b.i32(lanes));
    int64_t stride = warpsPerTile * groups, atOnce = perTile > 4 ? fewAtOnce : mostAtOnce;
    // A part's share of a list is uneven, and a second trip to memory takes as long as the first. Whole lists have so
    // many warps on a multiprocessor, where registers allow, that others' trips hide one's own.
    bool whole = list && countParts() == 1 && b.warps() > 8;
    if (list && (whole || 2 * countListed() <= fewAtOnce * stride))
      atOnce = fewAtOnce;
    SmallVector<Value> result =
        b.forLoop(begin, tokens, b.i32(stride * atOnce), initial, [&](Value base, ValueRange carried) {
          SmallVector<SmallVector<Value>> keys, values;
          SmallVector<Value> inside;
          for (int64_t u = 0; u < atOnce; ++u) {
            Value slot = b.add(b.add(base, group), b.i32(u * stride)), token = tokenAt(slot);
            inside.push_back(b.lessThan(slot, tokens));
            keys.push_back(loadRow(op.getKey(), token));
            values.push_back(loadRow(op.getValue(), token));
          }
          SmallVector<RowFragment> k, v;
          for (int64_t u = 0; u < atOnce; ++u) {
            k.push_back(b.toFragment(keys[u]));
            v.push_back(b.toFragment(values[u]));
          }
          SmallVector<Value> next;
          for (int64_t h = 0; h < perTile; ++h) {
            Softmax state = Softmax::take(carried, count);
            step(state, query[h], k, v, inside).appendTo(next);
          }
          return next;
        });
    SmallVector<Softmax> states;
    ValueRange values(result);
    for (int64_t h = 0; h < perTile; ++h)
      states.push_back(Softmax::take(values, count));
    return states;
  }

  /// Takes one token of each of `k` into the state of a head.
  Softmax step(const Softmax &state, const RowFragment &q, ArrayRef<RowFragment> k, ArrayRef<RowFragment> v,
               ArrayRef<Value> inside) {
    SmallVector<Value> scores;
    Value maximum = state.maximum;
    for (size_t u = 0; u < k.size(); ++u) {
      Value dot = mulF(b, q[0], k[u][0]);
      for (int64_t i = 1; i < count; ++i)
        dot = fma(b, q[i], k[u][i], dot);
      for (int64_t mask = 1; mask < lanes; mask *= 2)
        dot = addF(b, dot, b.shuffleXor(dot, mask));
      scores.push_back(b.select(inside[u], dot, minusInfinity(b)));
      maximum = maxF(b, maximum, scores.back());
    }
    Value reference = finiteReference(b, maximum);
    Value correction = weightOf(b, state.maximum, reference);
    Softmax next{maximum, mulF(b, state.denominator, correction), state.output};
    for (Value &o : next.output)
      o = mulF(b, o, correction);
    for (size_t u = 0; u < k.size(); ++u) {
      Value p = weightOf(b, scores[u], reference);
      next.denominator = addF(b, next.denominator, p);
      for (int64_t i = 0; i < count; ++i)
        next.output[i] = fma(b, p, v[u][i], next.output[i]);
    }
    return next;
  }

  /// att-4 over the groups of lanes of a warp.
  void mergeGroups(Softmax &state) {
    for (int64_t mask = lanes; mask < 32; mask *= 2) {
      Value otherMaximum = b.shuffleXor(state.maximum, mask);
      Value maximum = maxF(b, state.maximum, otherMaximum), reference = finiteReference(b, maximum);
      Value mine = weightOf(b, state.maximum, reference), other = weightOf(b, otherMaximum, reference);
      // The lower lane's share first in both, so that the partners agree to the last bit.
      Value upper = b.compare(arith::CmpIPredicate::ne, b.andOf(b.lane, b.i32(mask)), b.i32(0));
      auto mix = [&](Value value) {
        Value a = mulF(b, value, mine), c = mulF(b, b.shuffleXor(value, mask), other);
        return addF(b, b.select(upper, c, a), b.select(upper, a, c));
      };
      state.denominator = mix(state.denominator);
      for (Value &o : state.output)
        o = mix(o);
      state.maximum = maximum;
    }
  }

  /// Bytes of a warp's state of one head: output, maximum, denominator, kept in whole vectors.
  int64_t stateFloats() { return dim + 4; }

  Value stateOf(Value warpIndex, Value h) {
    Value index = b.mul(b.add(b.mul(warpIndex, b.i32(perTile)), h), b.i32(stateFloats()));
    return b.offset(states, b.getF32Type(), index);
  }

  void writeWarps(ArrayRef<Softmax> ofHeads) {
    states = b.allocateShared(b.warps() * perTile * stateFloats() * 4);
    for (int64_t h = 0; h < perTile; ++h) {
      const Softmax &state = ofHeads[h];
      Value target = stateOf(b.warp, b.i32(h));
      b.ifThen(b.lessThan(b.lane, b.i32(lanes)), [&] {
        b.storeFragment(state.output, b.offset(target, b.getF32Type(), b.firstElement(dim)), b.getF32Type(), dim);
      });
      b.ifThen(b.equal(b.lane, b.i32(0)), [&] {
        b.store(state.maximum, b.offset(target, b.getF32Type(), b.i32(dim)));
        b.store(state.denominator, b.offset(target, b.getF32Type(), b.i32(dim + 1)));
      });
    }
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
    Value empty = b.compare(arith::CmpIPredicate::sle, tokens, b.i32(0));
    b.forThreads(b.i32(heads * dim), [&](Value index) {
      Value headOfItem = b.div(index, b.i32(dim)), j = b.rem(index, b.i32(dim));
      Value tile = b.div(headOfItem, b.i32(perTile)), h = b.rem(headOfItem, b.i32(perTile));
      // Rows are whole warps, so a lane can look after the state of one warp: its weight, and its share of the sum.
      Value first = b.mul(tile, b.i32(warpsPerTile)), mine = b.lessThan(b.lane, b.i32(warpsPerTile));
      Value state = stateOf(b.add(first, b.select(mine, b.lane, b.i32(0))), h);
      Value ofWarp = b.select(mine, loadF32(state, b.i32(dim)), minusInfinity(b)), maximum = ofWarp;
      for (int64_t mask = 1; mask < 32; mask *= 2)
        maximum = maxF(b, maximum, b.shuffleXor(maximum, mask));
      Value weight = weightOf(b, ofWarp, finiteReference(b, maximum));
      Value denominator = mulF(b, weight, b.select(mine, loadF32(state, b.i32(dim + 1)), b.f32(0.0)));
      for (int64_t mask = 1; mask < 32; mask *= 2)
        denominator = addF(b, denominator, b.shuffleXor(denominator, mask));
      Value output = b.f32(0.0);
      for (int64_t w = 0; w < warpsPerTile; ++w)
        output = fma(b, b.shuffleFrom(weight, b.i32(w)), loadF32(stateOf(b.add(first, b.i32(w)), h), j), output);
      output = arith::DivFOp::create(b, output, b.select(empty, b.f32(1.0), denominator));
      store(outputs, headOfItem, j, output);
      b.ifThen(b.equal(j, b.i32(0)), [&] {
        Value log = adamas_gpu::Log2Op::create(b, b.getF32Type(), denominator);
        Value lse = mulF(b, addF(b, maximum, log), b.f32(M_LN2));
        store(lses, headOfItem, Value(), b.select(empty, minusInfinity(b), lse));
      });
    });
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
      return b.store(number, b.rowAddress(value, queryRow(headOfItem), trailing));
    Value index = j ? b.add(b.mul(headOfItem, b.i32(dim)), j) : headOfItem;
    Value target = b.offset(b.shared[value].pointer, b.getF32Type(), index);
    gathers ? b.send(number, target, arrival, b.i32(0)) : b.store(number, target);
  }

  ThreadBuilder &b;
  PartialAttentionOp op;
  Type element;
  int64_t dim, count, lanes, groups;
  int64_t heads, tiles, perTile, warpsPerTile;
  bool gathers = false;
  Value tokens, first, list, warpOfTile, states;
  Value arrival; ///< of all parts' rows, in the cluster's first CTA
  SmallVector<RowFragment> query;
  SmallVector<Value> onlyQuery; ///< as stored, if it was loaded before
};
} // namespace

void mlir::adamas::prepareAttention(ThreadBuilder &b, PartialAttentionOp op) {
  auto attention = std::make_unique<PartialAttention>(b, op);
  attention->prepare();
  b.prepared[op] = std::move(attention);
}

LogicalResult mlir::adamas::emitPartialAttention(ThreadBuilder &b, PartialAttentionOp op) {
  if (auto it = b.prepared.find(op); it != b.prepared.end())
    static_cast<PartialAttention &>(*it->second).emit();
  else
    PartialAttention(b, op).emit();
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
  // A cluster's first CTA has all rows.
  auto merge = [&](function_ref<void()> body) { gathered ? b.ifThen(b.equal(b.part, b.i32(0)), body) : body(); };
  merge([&] {
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
