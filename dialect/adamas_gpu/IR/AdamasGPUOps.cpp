// The memory-level dialect: registration and verifiers.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas_gpu/IR/AdamasGPUOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::adamas_gpu;

#include "adamas_gpu/IR/AdamasGPUDialect.cpp.inc"
#include "adamas_gpu/IR/AdamasGPUEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "adamas_gpu/IR/AdamasGPUAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "adamas_gpu/IR/AdamasGPUOps.cpp.inc"

void AdamasGPUDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "adamas_gpu/IR/AdamasGPUAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "adamas_gpu/IR/AdamasGPUOps.cpp.inc"
      >();
}

/// Parameter blocks are at most this long on every chip.
static constexpr int64_t maxBlockBytes = 4096;

LogicalResult ParameterOp::verify() {
  int64_t offset = getOffset();
  if (offset < 0 || offset % 8 != 0 || offset >= maxBlockBytes)
    return emitOpError() << "expects 'offset' to be a multiple of 8 below " << maxBlockBytes << ", but got " << offset;
  return success();
}

LogicalResult LoadOp::verify() {
  if (getCache() == Cache::Keep)
    return emitOpError() << "expects 'cache' to be stream, read_only or fresh, but got keep; it is for stores";
  return success();
}

LogicalResult StoreOp::verify() {
  if (getCache() != Cache::Keep)
    return emitOpError() << "expects 'cache' to be keep, but got " << stringifyCache(getCache())
                         << "; it is for loads, and 'llvm.store' stores without a hint";
  return success();
}

LogicalResult SharedMemoryOp::verify() {
  if (int64_t(getBytes()) < 1)
    return emitOpError() << "expects 'bytes' to be 1 or more, but got " << int64_t(getBytes());
  if (int64_t(getOffset()) < 0 || getOffset() % 16 != 0)
    return emitOpError() << "expects 'offset' to be a multiple of 16, but got " << int64_t(getOffset());
  return success();
}

/// Whether the manifest of a bundle can say `expression`.
static bool isSayable(AffineExpr expression) {
  switch (expression.getKind()) {
  case AffineExprKind::Constant:
  case AffineExprKind::SymbolId:
    return true;
  case AffineExprKind::Add:
  case AffineExprKind::Mul:
  case AffineExprKind::CeilDiv: {
    auto both = cast<AffineBinaryOpExpr>(expression);
    return isSayable(both.getLHS()) && isSayable(both.getRHS());
  }
  default:
    return false;
  }
}

/// Symbols are pairs (value of the program, axis of it).
static LogicalResult verifySymbols(Operation *op, AffineMap map, ArrayRef<int64_t> symbols) {
  if (map.getNumDims() != 0 || int64_t(map.getNumSymbols()) * 2 != int64_t(symbols.size()))
    return op->emitOpError() << "expects a map of symbols only and a pair (value, axis) for each, but got "
                             << map.getNumDims() << " dims, " << map.getNumSymbols() << " symbols and "
                             << symbols.size() << " numbers";
  for (AffineExpr expression : map.getResults())
    if (!isSayable(expression))
      return op->emitOpError() << "expects sums, products and 'ceildiv' of sizes, but got " << AffineMapAttr::get(map);
  SmallVector<ValueOp> values(op->getParentOfType<ProgramOp>().getBody().getOps<ValueOp>());
  for (size_t i = 0; i < symbols.size(); i += 2)
    if (symbols[i] < 0 || symbols[i] >= int64_t(values.size()) || symbols[i + 1] < 0 ||
        symbols[i + 1] >= int64_t(values[symbols[i]].getShape().size()))
      return op->emitOpError() << "expects symbol " << i / 2 << " to name an axis of a value of the program, but got ("
                               << symbols[i] << ", " << symbols[i + 1] << ")";
  return success();
}

LogicalResult ValueOp::verify() {
  bool workspace = getRole() == Role::Workspace;
  if (workspace != getExtent().has_value() || workspace != getSymbols().has_value())
    return emitOpError() << "expects 'extent' where, and only where, the role is workspace";
  if (workspace && getExtent()->getNumResults() != getShape().size())
    return emitOpError() << "expects 'extent' to give " << getShape().size() << " sizes, but got "
                         << getExtent()->getNumResults();
  if (workspace && failed(verifySymbols(*this, *getExtent(), *getSymbols())))
    return failure();
  if (getOffset() % 8 != 0)
    return emitOpError() << "expects 'offset' to be a multiple of 8, but got " << int64_t(getOffset());
  int64_t end = int64_t(getOffset()) + 8 + 16 * int64_t(getShape().size());
  int64_t block = getOperation()->getParentOfType<ProgramOp>().getBytes();
  if (int64_t(getOffset()) < 0 || end > block)
    return emitOpError() << "expects to end within the block's " << block << " bytes, but ends at " << end;
  return success();
}

LogicalResult LaunchOp::verify() {
  if (getGrid().getNumResults() != 3)
    return emitOpError() << "expects 'grid' to give 3 sizes, but got " << getGrid().getNumResults();
  if (int64_t(getThreads()) < 32 || getThreads() > 1024 || getThreads() % 32 != 0)
    return emitOpError() << "expects 'threads' to be whole warps of 32 up to 1024, but got " << int64_t(getThreads());
  return verifySymbols(*this, getGrid(), getSymbols());
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // Once serialized a kernel is an entry of a binary.
  auto module = symbols.lookupNearestSymbolFrom((*this)->getParentOp()->getParentOp(), getKernel().getRootReference());
  if (module && !isa<gpu::GPUModuleOp>(module))
    return success();
  if (!symbols.lookupNearestSymbolFrom((*this)->getParentOp()->getParentOp(), getKernelAttr()))
    return emitOpError() << "expects '" << getKernel() << "' to name a kernel";
  return success();
}
