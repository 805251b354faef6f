// Attention by matrix products: a warp takes 16 tokens and up to 16 heads that share them (FlashAttention-2's
// registers).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scores are queries (rows) times keys (columns), outputs values (rows: dimensions) times weights (columns: heads): the
// scores that a lane holds are then the weights that it must give. Which dimension is which row or term of a product is
// free, so loads of 16 bytes are what the products take; only pairs of tokens of a dimension are put together by bytes.

#include "adamas/Conversion/AdamasToGPU/SoftmaxEngine.h"

using namespace mlir;
using namespace mlir::adamas;

// Of f16 the weights, at most 1, have few bits where they are small: they are taken this many doublings larger, below
// f16's largest number, and the maximum that goes with them is as much less.
static constexpr double f16Doublings = 14;

// Tokens of a product, heads of its columns, elements of a load of 16 bytes.
static constexpr int64_t tokensAtOnce = 16, headsOfTile = 8, perLoad = 8;

namespace {
using Registers = SmallVector<Value>;

class MmaSoftmax final : public SoftmaxEngine {
public:
  MmaSoftmax(ThreadBuilder &b, PartialAttentionOp op) : SoftmaxEngine(b, op), tiles(heads > headsOfTile ? 2 : 1) {}

  WarpStates attend(const TokenRange &tokens) override {
    receiveQuery();
    row = b.shiftRight(b.lane, 2);
    column = b.andOf(b.lane, b.i32(3));
    // Warps beyond those that a list has tokens for would only have nothing to merge.
    int64_t warps = b.warps();
    if (int64_t listed = countListed())
      warps = std::min(warps, (listed + tokensAtOnce - 1) / tokensAtOnce);
    WarpStates states{{}, dim, 1, heads, warps};
    states.pointer = b.allocateShared(warps * heads * states.floats() * 4);
    auto work = [&] {
      loadQuery();
      writeState(states, readTokens(tokens, warps));
    };
    warps < b.warps() ? b.ifThen(b.lessThan(b.warp, b.i32(warps)), work) : work();
    return states;
  }

private:
  /// Of the heads `row` and `row + 8`: maximum and this lane's share of the denominator. Of all dimensions, 16 at a
  /// time, and of the heads `2 column` and `2 column + 1` of each tile: the output.
  struct State {
    Registers maximum, denominator, output;
  };

  Registers flatten(const State &state) {
    Registers values(state.maximum);
    values.append(state.denominator);
    values.append(state.output);
    return values;
  }
  State unflatten(ValueRange values) {
    return {Registers(values.take_front(tiles)), Registers(values.slice(tiles, tiles)),
            Registers(values.drop_front(2 * tiles))};
  }

  /// This lane's registers of two elements of a row at `pointer`: of every `stride` loads of 16 bytes one, from its
  /// `first` on.
  Registers loadPieces(Value pointer, Value first, int64_t stride) {
    Registers words;
    auto four = VectorType::get({4}, b.getI32Type());
    for (int64_t i = 0; i < dim; i += stride * perLoad) {
      Value piece = b.load(four, b.offset(pointer, element, b.add(b.mul(first, b.i32(perLoad)), b.i32(i))), 16);
      for (int64_t j = 0; j < 4; ++j)
        words.push_back(LLVM::ExtractElementOp::create(b, piece, b.i32(j)));
    }
    return words;
  }

  void loadQuery() {
    for (int64_t tile = 0; tile < tiles; ++tile) {
      Value head = b.add(row, b.i32(tile * headsOfTile));
      // Rows beyond the last head are its too; nobody asks for what comes of them.
      query.push_back(loadPieces(queryAddress(b.minOf(head, b.i32(heads - 1)), b.i32(0)), column, 4));
    }
  }

  State readTokens(const TokenRange &tokens, int64_t warps) {
    State start;
    start.maximum.assign(tiles, minusInfinity(b));
    start.denominator.assign(tiles, b.f32(0.0));
    start.output.assign(tiles * dim / 4, b.f32(0.0));
    Value begin = b.mul(b.warp, b.i32(tokensAtOnce));
    Registers values =
        b.forLoop(begin, tokens.count, b.i32(warps * tokensAtOnce), flatten(start),
                  [&](Value base, ValueRange carried) { return flatten(step(tokens, base, unflatten(carried))); });
    return unflatten(values);
  }

  /// Takes the 16 tokens of the slots from `base` on.
  State step(const TokenRange &tokens, Value base, const State &state) {
    // The products' tokens: keys of two, `row` of either half; values of two neighbours of either half.
    SmallVector<Registers> keys, values;
    for (int64_t half = 0; half < 2; ++half) {
      Value token = tokenAt(tokens, b.add(base, b.add(row, b.i32(8 * half))));
      keys.push_back(loadPieces(rowAddress(op.getKey(), token), column, 4));
    }
    SmallVector<Value> slots;
    for (int64_t i = 0; i < 4; ++i) {
      slots.push_back(b.add(base, b.add(b.mul(column, b.i32(2)), b.i32(i / 2 * 8 + i % 2))));
      values.push_back(loadPieces(rowAddress(op.getValue(), tokenAt(tokens, slots.back())), row, 8));
    }
    SmallVector<SmallVector<Value>> scores = score(keys); // by tile, then by slot
    State next;
    SmallVector<Registers> weights;
    Registers corrections;
    Value scale = scaleTimesLog2E();
    for (int64_t tile = 0; tile < tiles; ++tile) {
      Value maximum = state.maximum[tile];
      for (int64_t i = 0; i < 4; ++i) {
        Value &s = scores[tile][i];
        s = b.select(b.lessThan(slots[i], tokens.count), mulF(b, s, scale), minusInfinity(b));
        maximum = maxF(b, maximum, s);
      }
      for (int64_t mask : {1, 2}) // lanes of one head
        maximum = maxF(b, maximum, b.shuffleXor(maximum, mask));
      Value reference = finiteReference(b, maximum);
      corrections.push_back(weightOf(b, state.maximum[tile], reference));
      reference = scaled(reference);
      Value denominator = mulF(b, state.denominator[tile], corrections.back());
      Registers ofSlots;
      for (Value s : scores[tile]) {
        ofSlots.push_back(weightOf(b, s, reference));
        denominator = addF(b, denominator, ofSlots.back());
      }
      next.maximum.push_back(maximum);
      next.denominator.push_back(denominator);
      weights.push_back({pack(ofSlots[0], ofSlots[1]), pack(ofSlots[2], ofSlots[3])});
    }
    next.output = accumulate(state.output, corrections, weights, values);
    return next;
  }

  /// Scores of the lane's heads and the four slots whose values it has.
  SmallVector<SmallVector<Value>> score(ArrayRef<Registers> keys) {
    SmallVector<SmallVector<Value>> scores(tiles);
    for (const Registers &key : keys) {
      SmallVector<Value> sums(4, b.f32(0.0));
      for (int64_t i = 0; i < dim / 8; i += 2) {
        Value none = b.i32(0);
        sums =
            multiply({query[0][i], tiles > 1 ? query[1][i] : none, query[0][i + 1], tiles > 1 ? query[1][i + 1] : none},
                     {key[i], key[i + 1]}, sums);
      }
      for (int64_t tile = 0; tile < tiles; ++tile)
        scores[tile].append({sums[2 * tile], sums[2 * tile + 1]});
    }
    return scores;
  }

  Registers accumulate(ArrayRef<Value> before, ArrayRef<Value> corrections, ArrayRef<Registers> weights,
                       ArrayRef<Registers> values) {
    Registers output;
    // A head's correction is with the lanes of its row.
    Value first = b.mul(column, b.i32(8));
    for (int64_t tile = 0; tile < tiles; ++tile) {
      Value even = b.shuffleFrom(corrections[tile], first);
      Value odd = b.shuffleFrom(corrections[tile], b.add(first, b.i32(4)));
      for (int64_t i = 0; i < dim / 16; ++i) {
        auto pair = [&](int64_t slot, bool upper) { return pairOf(values[slot][i], values[slot + 1][i], upper); };
        SmallVector<Value> sums(before.slice((tile * dim / 16 + i) * 4, 4));
        for (int64_t j = 0; j < 4; ++j)
          sums[j] = mulF(b, sums[j], j % 2 ? odd : even);
        output.append(multiply({pair(0, false), pair(0, true), pair(2, false), pair(2, true)}, weights[tile], sums));
      }
    }
    return output;
  }

  /// The lower or upper elements of two registers.
  Value pairOf(Value a, Value c, bool upper) {
    return NVVM::PermuteOp::create(b, b.getI32Type(), a, c, b.i32(upper ? 0x7632 : 0x5410), NVVM::PermuteMode::DEFAULT);
  }

  /// What weights are taken against, instead of the maximum.
  Value scaled(Value maximum) {
    return element.isF16() ? Value(arith::SubFOp::create(b, maximum, b.f32(f16Doublings))) : maximum;
  }

  /// Two weights, rounded to the element type (att-1).
  Value pack(Value x, Value y) {
    Value both = LLVM::PoisonOp::create(b, VectorType::get({2}, b.getF32Type()));
    both = LLVM::InsertElementOp::create(b, both, x, b.i32(0));
    both = LLVM::InsertElementOp::create(b, both, y, b.i32(1));
    both = arith::TruncFOp::create(b, VectorType::get({2}, element), both);
    return LLVM::BitcastOp::create(b, b.getI32Type(), both);
  }

  /// `sums` and the product of 16 rows and 8 columns over 16 terms.
  SmallVector<Value> multiply(ArrayRef<Value> rows, ArrayRef<Value> columns, ArrayRef<Value> sums) {
    auto f32 = b.getF32Type();
    auto result = LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
    bool half = element.isF16();
    auto operands = [&](ArrayRef<Value> registers) {
      SmallVector<Value> typed;
      for (Value r : registers)
        typed.push_back(half ? LLVM::BitcastOp::create(b, VectorType::get({2}, element), r).getResult() : r);
      return typed;
    };
    auto type = half ? NVVM::MMATypes::f16 : NVVM::MMATypes::bf16;
    Value product =
        NVVM::MmaOp::create(b, result, operands(rows), operands(columns), sums, ArrayRef<int64_t>{16, 8, 16},
                            std::nullopt, std::nullopt, std::array<NVVM::MMATypes, 2>{type, type},
                            std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row, NVVM::MMALayout::col});
    SmallVector<Value> elements;
    for (int64_t i = 0; i < 4; ++i)
      elements.push_back(LLVM::ExtractValueOp::create(b, product, i));
    return elements;
  }

  void writeState(const WarpStates &states, const State &state) {
    auto f32 = b.getF32Type();
    auto ifHead = [&](Value head, function_ref<void(Value)> body) {
      auto write = [&] { body(states.at(b, b.warp, head)); };
      heads % headsOfTile == 0 ? write() : b.ifThen(b.lessThan(head, b.i32(heads)), write);
    };
    for (int64_t tile = 0; tile < tiles; ++tile) {
      Value denominator = state.denominator[tile];
      for (int64_t mask : {1, 2})
        denominator = addF(b, denominator, b.shuffleXor(denominator, mask));
      b.ifThen(b.equal(column, b.i32(0)), [&] {
        ifHead(b.add(row, b.i32(tile * headsOfTile)), [&](Value target) {
          b.store(scaled(state.maximum[tile]), b.offset(target, f32, b.i32(dim)));
          b.store(denominator, b.offset(target, f32, b.i32(dim + 1)));
        });
      });
      for (int64_t odd = 0; odd < 2; ++odd)
        ifHead(b.add(b.mul(column, b.i32(2)), b.i32(tile * headsOfTile + odd)), [&](Value target) {
          // Four products have the eight dimensions of a load of values, two neighbours each.
          for (int64_t i = 0; i < dim / 16; i += 2) {
            Value chunk = LLVM::PoisonOp::create(b, VectorType::get({4}, f32));
            for (int64_t j = 0; j < 4; ++j) {
              Value x = state.output[(tile * dim / 16 + i + j / 2) * 4 + j % 2 * 2 + odd];
              chunk = LLVM::InsertElementOp::create(b, chunk, x, b.i32(j));
            }
            Value at = b.add(b.mul(row, b.i32(perLoad)), b.i32(i / 4 * 8 * perLoad + i % 4 * 2));
            b.store(chunk, b.offset(target, f32, at), 16);
          }
        });
    }
  }

  int64_t tiles;
  Value row, column;            ///< of this lane in products
  SmallVector<Registers> query; ///< by tile
};
} // namespace

std::unique_ptr<SoftmaxEngine> mlir::adamas::makeMmaSoftmax(ThreadBuilder &b, PartialAttentionOp op) {
  return std::make_unique<MmaSoftmax>(b, op);
}
