// What the ops that work row by row share as staged ops.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_IR_ROWOPLEVEL_H
#define ADAMAS_IR_ROWOPLEVEL_H

#include "adamas/IR/AdamasOps.h"

namespace mlir::adamas {

/// Rows of a key-side value, `[B, Hkv, N, ..]`, are worked on in blocks of tokens; rows of a query-side value belong to
/// their sequence and KV head. Only `bucketize_pack` says which of the two a value is, by its heads axis, so a producer
/// asks its users.
Level getRowOpLevel(Operation *op);

} // namespace mlir::adamas

#define ADAMAS_DEFINE_PLACEMENT(OP)                                                                                    \
  std::optional<Placement> OP::getPlacementKind() { return getPlacement(); }                                           \
  void OP::setPlacementKind(Placement placement) { setPlacement(placement); }

#define ADAMAS_DEFINE_ROW_OP(OP)                                                                                       \
  Level OP::getLevel() { return getRowOpLevel(*this); }                                                                \
  ADAMAS_DEFINE_PLACEMENT(OP)

#endif // ADAMAS_IR_ROWOPLEVEL_H
