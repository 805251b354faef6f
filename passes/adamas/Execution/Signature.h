// What a compiled function takes and returns, and the checks of a call.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_EXECUTION_SIGNATURE_H
#define ADAMAS_EXECUTION_SIGNATURE_H

#include "adamas/Execution/Executable.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::adamas {

/// What the values of an integer argument lead to, which says what they may be.
enum class SlotRole {
  Data,        ///< nothing that needs a check
  SeqLens,     ///< lengths of sequences
  List,        ///< token positions, ascending, then -1
  ListLengths, ///< lengths of lists
  Parts,       ///< boundaries of parts, whole tiles, from 0 to all tokens
};

/// One argument or result.
struct Slot {
  SmallVector<int64_t> shape;     ///< in memory; dynamic lengths as in the type
  std::optional<unsigned> batch;  ///< axis that counts sequences
  std::optional<unsigned> tokens; ///< axis that counts tokens
  std::optional<unsigned> tiles;  ///< axis that counts tiles of tokens
  unsigned contiguous = 1;        ///< innermost axes that lie densely
  bool shareable = false;         ///< a batch of 1 serves every sequence
  SlotRole role = SlotRole::Data;
  std::optional<unsigned> list; ///< of list lengths: the argument that holds the lists
};

/// The checked form of a function's type. Built before the function is lowered.
struct Signature {
  SmallVector<Slot> arguments, results;
  int64_t queryTokens = 1;

  static Signature of(func::FuncOp function);

  /// Checks `arguments` and `results` against the signature and each other, values of lengths and lists included, and
  /// gives every shared argument its batch. The error names the argument, what was expected and what came.
  llvm::Error check(StringRef function, MutableArrayRef<BufferView> arguments, ArrayRef<BufferView> results) const;
};

} // namespace mlir::adamas

#endif // ADAMAS_EXECUTION_SIGNATURE_H
