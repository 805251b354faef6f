// How the tokens of a work item meet its queries: what each warp makes of its share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_ADAMASTOGPU_SOFTMAXENGINE_H
#define ADAMAS_CONVERSION_ADAMASTOGPU_SOFTMAXENGINE_H

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"

namespace mlir::adamas {

/// The tokens of a work item.
struct TokenRange {
  Value count; ///< how many
  Value list;  ///< pointer to them, null: they follow each other
  Value first; ///< the first of those
};

/// Running softmax of every warp and head, in shared memory: output, maximum (of scores times log2 e), denominator.
/// Heads are dealt out in tiles of `perTile`; each tile has `warpsPerTile` warps, which shared its tokens.
struct WarpStates {
  Value pointer;
  int64_t dim = 0, tiles = 1, perTile = 1, warpsPerTile = 1;

  /// Floats of one head in one warp, kept in whole vectors.
  int64_t floats() const { return dim + 4; }
  /// The state of head `headOfTile` in warp `warp` of all.
  Value at(ThreadBuilder &b, Value warp, Value headOfTile) const;
};

class SoftmaxEngine {
public:
  SoftmaxEngine(ThreadBuilder &b, PartialAttentionOp op);
  virtual ~SoftmaxEngine() = default;

  /// Loads what is needed first, long before the tokens are known.
  virtual void prepare() { copyQuery(); }
  /// Reads the tokens. A barrier makes the states seen.
  virtual WarpStates attend(const TokenRange &tokens) = 0;

  /// Heads of the item, which share its tokens.
  int64_t heads;

  /// The row of the query that is head `headOfItem` of the item.
  Value queryRow(Value headOfItem) { return b.add(b.mul(b.row, b.i32(heads)), headOfItem); }

protected:
  /// Lets the item's rows of the query travel to shared memory; `receiveQuery`, by all threads, before they are read.
  void copyQuery();
  void receiveQuery();
  /// Element `index` of head `headOfItem`, in shared memory if it was copied.
  Value queryAddress(Value headOfItem, Value index);
  /// The token of `slot`; beyond the last one it is that one.
  Value tokenAt(const TokenRange &tokens, Value slot);
  /// Where the item's key or value of `token` starts.
  Value rowAddress(Value cache, Value token) { return b.global(cache).tokenAddress(b, b.batch, b.head, token); }
  /// Tokens of a list that a part has if all parts have as many; 0 where there is no list.
  int64_t countListed();
  bool isWhole(); ///< whether the list is not divided
  Value scaleTimesLog2E();

  ThreadBuilder &b;
  PartialAttentionOp op;
  Type element;
  int64_t dim;

private:
  Value nearQuery; ///< the rows in shared memory
};

/// The engine that the kernel's schedule names.
std::unique_ptr<SoftmaxEngine> makeSoftmaxEngine(ThreadBuilder &b, PartialAttentionOp op);
std::unique_ptr<SoftmaxEngine> makeFmaSoftmax(ThreadBuilder &b, PartialAttentionOp op);
std::unique_ptr<SoftmaxEngine> makeMmaSoftmax(ThreadBuilder &b, PartialAttentionOp op);

//===--- arithmetic of f32 ---===//

inline Value mulF(ThreadBuilder &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }
inline Value addF(ThreadBuilder &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }
inline Value maxF(ThreadBuilder &b, Value x, Value y) { return arith::MaxNumFOp::create(b, x, y); }
inline Value fma(ThreadBuilder &b, Value x, Value y, Value z) { return LLVM::FMAOp::create(b, x.getType(), x, y, z); }
Value minusInfinity(ThreadBuilder &b);
/// 2^(x - reference), for a reference that is finite.
Value weightOf(ThreadBuilder &b, Value x, Value reference);
/// `maximum`, or 0 for that of an empty set.
Value finiteReference(ThreadBuilder &b, Value maximum);

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOGPU_SOFTMAXENGINE_H
