// Attention lane by lane: a few lanes hold a token's row, running maxima.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/SoftmaxEngine.h"

using namespace mlir;
using namespace mlir::adamas;

// Query heads whose state a warp keeps in registers while it reads a token once.
static constexpr int64_t headsAtOnce = 8;
// Tokens of which a lane has keys and values on the way, at most.
static constexpr int64_t fewAtOnce = 2, mostAtOnce = 4;

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

class FmaSoftmax final : public SoftmaxEngine {
public:
  FmaSoftmax(ThreadBuilder &b, PartialAttentionOp op)
      : SoftmaxEngine(b, op), count(ThreadBuilder::elementsPerLane(dim)), lanes(ThreadBuilder::lanesPerRow(dim)),
        groups(32 / lanes) {
    tiles = (heads + headsAtOnce - 1) / headsAtOnce;
    // Heads of a tile share a warp, tiles share the warps.
    while (tiles < b.warps() && b.warps() % tiles != 0)
      ++tiles;
    tiles = std::min(tiles, b.warps()); // more heads a warp then: they cost registers
    perTile = (heads + tiles - 1) / tiles;
    warpsPerTile = b.warps() / tiles;
  }

  /// One head's row of the query, whose trip from memory would keep keys and values waiting.
  void prepare() override {
    if (tiles == 1 && perTile == 1)
      onlyQuery = b.loadChunks(rowOfQuery(b.i32(0)), element, dim);
    else
      copyQuery();
  }

  WarpStates attend(const TokenRange &tokens) override {
    receiveQuery();
    loadQuery();
    SmallVector<Softmax> states = readTokens(tokens);
    for (Softmax &state : states)
      mergeGroups(state);
    return writeWarps(states);
  }

private:
  void loadQuery() {
    Value factor = scaleTimesLog2E();
    Value tile = tiles == 1 ? b.i32(0) : b.div(b.warp, b.i32(warpsPerTile));
    warpOfTile = tiles == 1 ? b.warp : b.rem(b.warp, b.i32(warpsPerTile));
    for (int64_t h = 0; h < perTile; ++h) {
      Value headOfItem = b.minOf(b.add(b.mul(tile, b.i32(perTile)), b.i32(h)), b.i32(heads - 1));
      RowFragment q =
          onlyQuery.empty() ? b.loadFragment(rowOfQuery(headOfItem), element, dim) : b.toFragment(onlyQuery);
      for (Value &x : q)
        x = mulF(b, x, factor);
      query.push_back(q);
    }
  }

  Value rowOfQuery(Value headOfItem) { return queryAddress(headOfItem, b.firstElement(dim)); }

  SmallVector<Value> loadRow(Value cache, Value token) {
    return b.loadChunks(b.offset(rowAddress(cache, token), element, b.firstElement(dim)), element, dim);
  }

  SmallVector<Softmax> readTokens(const TokenRange &tokens) {
    SmallVector<Value> initial;
    for (int64_t h = 0; h < perTile; ++h)
      Softmax{minusInfinity(b), b.f32(0.0), RowFragment(count, b.f32(0.0))}.appendTo(initial);
    Value begin = b.mul(warpOfTile, b.i32(groups)), group = b.div(b.lane, b.i32(lanes));
    int64_t stride = warpsPerTile * groups, atOnce = perTile > 4 ? fewAtOnce : mostAtOnce;
    // A part's share of a list is uneven, and a second trip to memory takes as long as the first. Whole lists have so
    // many warps on a multiprocessor, where registers allow, that others' trips hide one's own.
    bool whole = isWhole() && b.warps() > 8;
    if (tokens.list && (whole || 2 * countListed() <= fewAtOnce * stride))
      atOnce = fewAtOnce;
    SmallVector<Value> result =
        b.forLoop(begin, tokens.count, b.i32(stride * atOnce), initial, [&](Value base, ValueRange carried) {
          SmallVector<SmallVector<Value>> keys, values;
          SmallVector<Value> inside;
          for (int64_t u = 0; u < atOnce; ++u) {
            Value slot = b.add(b.add(base, group), b.i32(u * stride)), token = tokenAt(tokens, slot);
            inside.push_back(b.lessThan(slot, tokens.count));
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

  WarpStates writeWarps(ArrayRef<Softmax> ofHeads) {
    WarpStates states{{}, dim, tiles, perTile, warpsPerTile};
    states.pointer = b.allocateShared(b.warps() * perTile * states.floats() * 4);
    for (int64_t h = 0; h < perTile; ++h) {
      const Softmax &state = ofHeads[h];
      Value target = states.at(b, b.warp, b.i32(h));
      b.ifThen(b.lessThan(b.lane, b.i32(lanes)), [&] {
        b.storeFragment(state.output, b.offset(target, b.getF32Type(), b.firstElement(dim)), b.getF32Type(), dim);
      });
      b.ifThen(b.equal(b.lane, b.i32(0)), [&] {
        b.store(state.maximum, b.offset(target, b.getF32Type(), b.i32(dim)));
        b.store(state.denominator, b.offset(target, b.getF32Type(), b.i32(dim + 1)));
      });
    }
    return states;
  }

  int64_t count, lanes, groups;
  int64_t tiles, perTile, warpsPerTile;
  Value warpOfTile;
  SmallVector<RowFragment> query;
  SmallVector<Value> onlyQuery; ///< as stored, if it was loaded before
};
} // namespace

std::unique_ptr<SoftmaxEngine> mlir::adamas::makeFmaSoftmax(ThreadBuilder &b, PartialAttentionOp op) {
  return std::make_unique<FmaSoftmax>(b, op);
}
