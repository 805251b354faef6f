// What distance engines by matrix products share.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keys lie as they are stored: a lane holds all words of its own tokens, though a row of the product wants a piece of
// every lane of four. So a row is four tokens, a piece each, and the columns are made to match: column 2 c + s holds
// the query's column s where the row has the token of lane c of four, and zeros elsewhere, which count for nothing. Of
// the product's fragment each lane then gets, in its own registers, two columns for each of its own two tokens: no
// shuffle, no layout of codes for matrix units, any page size. It costs four times the products of a dense layout.

#ifndef ADAMAS_CONVERSION_ADAMASTOGPU_PRODUCTENGINE_H
#define ADAMAS_CONVERSION_ADAMASTOGPU_PRODUCTENGINE_H

#include "adamas/Conversion/AdamasToGPU/DistanceEngine.h"

namespace mlir::adamas {

class ProductEngine : public DistanceEngine {
public:
  using DistanceEngine::DistanceEngine;

protected:
  /// Two columns of the first key, then of the second.
  using Totals = std::array<Value, 4>;

  Totals zeros() { return {b.i32(0), b.i32(0), b.i32(0), b.i32(0)}; }

  /// Whether this lane's piece of a column is not zero.
  Value holdsColumn();
  /// Whether the column it has a piece of is the second of two.
  Value isSecond();

  /// Adds a product of 16 rows, 8 columns and 32 bytes: two terms, each a register of either key and of the columns.
  /// `a` and `c` are the types of keys and columns, `b1` and `b1`, or `u8` and `s8`.
  Totals multiply(NVVM::MMATypes a, NVVM::MMATypes c, std::array<Value, 2> first, std::array<Value, 2> second,
                  std::array<Value, 2> columns, const Totals &totals);

private:
  Value holds, second;
};

} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_ADAMASTOGPU_PRODUCTENGINE_H
