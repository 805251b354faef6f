// Memory that the next kernel adds to, filled by all threads of a grid.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ThreadBuilder.h"

using namespace mlir;
using namespace mlir::adamas;

void mlir::adamas::fillMemory(ThreadBuilder &kb, Value value, int32_t number, bool isCallers) {
  GlobalView &view = kb.global(value);
  Value words = kb.i64(1);
  for (Value size : view.sizes)
    words = kb.mul(words, size);
  auto i32 = kb.getI32Type();
  Value x = NVVM::BlockIdXOp::create(kb, i32), y = NVVM::BlockIdYOp::create(kb, i32),
        z = NVVM::BlockIdZOp::create(kb, i32);
  Value nx = NVVM::GridDimXOp::create(kb, i32), ny = NVVM::GridDimYOp::create(kb, i32),
        nz = NVVM::GridDimZOp::create(kb, i32);
  Value cta = kb.add(x, kb.mul(nx, kb.add(y, kb.mul(ny, z))));
  Value ctas = kb.mul(nx, kb.mul(ny, nz));
  Value begin = kb.add(kb.mul(kb.toI64(cta), kb.i64(kb.threads())), kb.toI64(kb.thread));
  Value step = kb.mul(kb.toI64(ctas), kb.i64(kb.threads()));
  // Our own memory starts at a multiple of 256 bytes, a caller's at one of 4.
  Value done = kb.i64(0);
  if (!isCallers) {
    auto four = VectorType::get({4}, i32);
    Value chunk = LLVM::PoisonOp::create(kb, four), chunks = kb.div(words, kb.i64(4));
    for (int64_t i = 0; i < 4; ++i)
      chunk = LLVM::InsertElementOp::create(kb, chunk, kb.i32(number), kb.i32(i));
    kb.forLoop(begin, chunks, step, [&](Value index) { kb.store(chunk, kb.offset(view.pointer, four, index), 16); });
    done = kb.mul(chunks, kb.i64(4));
  }
  kb.forLoop(kb.add(done, begin), words, step,
             [&](Value word) { kb.store(kb.i32(number), kb.offset(view.pointer, kb.getI32Type(), word)); });
}
