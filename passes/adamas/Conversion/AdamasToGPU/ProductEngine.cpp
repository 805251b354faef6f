// What distance engines by matrix products share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/Conversion/AdamasToGPU/ProductEngine.h"

using namespace mlir;
using namespace mlir::adamas;

Value ProductEngine::holdsColumn() {
  // Lane 4 n + c holds the piece of column n for the c-th of four tokens; it is not zero where n / 2 = c.
  if (!holds)
    holds = b.equal(b.andOf(b.lane, b.i32(3)), b.shiftRight(b.lane, 3));
  return holds;
}

Value ProductEngine::isSecond() {
  if (!second)
    second = b.compare(arith::CmpIPredicate::ne, b.andOf(b.lane, b.i32(4)), b.i32(0));
  return second;
}

ProductEngine::Totals ProductEngine::multiply(NVVM::MMATypes a, NVVM::MMATypes c, std::array<Value, 2> first,
                                              std::array<Value, 2> second, std::array<Value, 2> columns,
                                              const Totals &totals) {
  bool binary = a == NVVM::MMATypes::b1;
  SmallVector<Value> keys{first[0], second[0], first[1], second[1]}, start(totals.begin(), totals.end());
  auto i32 = b.getI32Type();
  auto result = LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
  std::optional<NVVM::MMAB1Op> combine;
  std::optional<NVVM::MMAIntOverflow> overflow;
  if (binary)
    combine = NVVM::MMAB1Op::and_popc;
  else
    overflow = NVVM::MMAIntOverflow::wrapped;
  Value product = NVVM::MmaOp::create(b, result, keys, SmallVector<Value>(columns.begin(), columns.end()), start,
                                      ArrayRef<int64_t>{16, 8, binary ? 256 : 32}, combine, overflow,
                                      std::array<NVVM::MMATypes, 2>{a, c},
                                      std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row, NVVM::MMALayout::col});
  Totals sums;
  for (int64_t i = 0; i < 4; ++i)
    sums[i] = LLVM::ExtractValueOp::create(b, product, i);
  return sums;
}
