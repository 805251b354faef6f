// Sums of bit counts, as a CPU counts best.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToVector/Popcount.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::adamas;

// A byte holds up to 255; each word adds up to 8.
static constexpr unsigned wordsPerByteSum = 31;

void PopcountSum::add(Value words, unsigned shift) {
  if (sums.size() <= shift)
    sums.resize(shift + 1);
  Sum &sum = sums[shift];
  if (b.cpu.getPopcount() == Popcount::Words) {
    Value count = math::CtPopOp::create(b, words);
    sum.words = sum.words ? b.add(sum.words, count) : count;
    return;
  }
  Value count = math::CtPopOp::create(b, vector::BitCastOp::create(b, b.vectorType(b.getI8Type(), 4 * lanes), words));
  sum.bytes = sum.bytes ? b.add(sum.bytes, count) : count;
  if (++sum.pending == wordsPerByteSum)
    flush(sum);
}

void PopcountSum::flush(Sum &sum) {
  if (!sum.bytes)
    return;
  // Bytes to 16-bit pairs to words: the four byte sums of a lane are added up.
  Value words = vector::BitCastOp::create(b, b.vectorType(b.getI32Type(), lanes), sum.bytes);
  Value low = b.splatI32(0x00ff00ff, lanes);
  Value pairs = b.add(arith::AndIOp::create(b, words, low),
                      arith::AndIOp::create(b, arith::ShRUIOp::create(b, words, b.splatI32(8, lanes)), low));
  Value total = b.add(arith::AndIOp::create(b, pairs, b.splatI32(0xffff, lanes)),
                      arith::ShRUIOp::create(b, pairs, b.splatI32(16, lanes)));
  sum.words = sum.words ? b.add(sum.words, total) : total;
  sum.bytes = Value();
  sum.pending = 0;
}

Value PopcountSum::finish() {
  Value total;
  for (auto [shift, sum] : llvm::enumerate(sums)) {
    flush(sum);
    if (!sum.words)
      continue;
    Value part = shift ? arith::ShLIOp::create(b, sum.words, b.splatI32(shift, lanes)).getResult() : sum.words;
    total = total ? b.add(total, part) : part;
  }
  return total ? total : b.splatI32(0, lanes);
}
