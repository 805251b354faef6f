// Registration of the dialect; its attributes and types with their verifiers.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "adamas/IR/AdamasOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::adamas;

#include "adamas/IR/AdamasDialect.cpp.inc"
#include "adamas/IR/AdamasEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "adamas/IR/AdamasAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "adamas/IR/AdamasTypes.cpp.inc"

void AdamasDialect::initialize() {
  registerAttributes();
  registerTypes();
  addOperations<
#define GET_OP_LIST
#include "adamas/IR/AdamasOps.cpp.inc"
      >();
}

void AdamasDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "adamas/IR/AdamasAttrs.cpp.inc"
      >();
}

void AdamasDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "adamas/IR/AdamasTypes.cpp.inc"
      >();
}

LogicalResult CodesType::verify(function_ref<InFlightDiagnostic()> emitError, int64_t dim, unsigned bits) {
  // had-1, pak-3
  if (dim < 32 || dim > 1024 || !llvm::isPowerOf2_64(dim))
    return emitError() << "expects the dimension of codes to be a power of two from 32 to 1024, but got " << dim;
  if (bits < 1 || bits > 4)
    return emitError() << "expects codes of 1 to 4 bits, but got " << bits;
  return success();
}

LogicalResult CpuAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t lanes, Popcount popcount) {
  if (lanes != 4 && lanes != 8 && lanes != 16)
    return emitError() << "expects 4, 8 or 16 lanes of 32 bits, but got " << lanes;
  return success();
}

LogicalResult GpuAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t sm, int64_t threads, int64_t tokens,
                              int64_t iterations, Engine engine, int64_t cluster, int64_t sort,
                              AttentionEngine attention, int64_t distanceBits, int64_t window, Engine candidateEngine,
                              int64_t resident) {
  if (sm < 80)
    return emitError() << "expects 'sm' to be 80 or more, but got " << sm;
  if (threads < 32 || threads > 1024 || threads % 32 != 0)
    return emitError() << "expects 'threads' to be whole warps of 32 up to 1024, but got " << threads;
  if (tokens != 2 && tokens != 4 && tokens != 8)
    return emitError() << "expects 'tokens' to be 2, 4 or 8, but got " << tokens;
  if (iterations < 1 || iterations > 64)
    return emitError() << "expects 'iterations' to be from 1 to 64, but got " << iterations;
  if (engine == Engine::Choose)
    return emitError() << "expects an engine: popc, carry_save, b1 or s8";
  if (attention == AttentionEngine::Choose)
    return emitError() << "expects 'attention' to be fma or mma, but got choose";
  if (cluster < 1 || cluster > 16)
    return emitError() << "expects 'cluster' to be from 1 to 16, but got " << cluster;
  if (cluster > 1 && sm < 90)
    return emitError() << "expects clusters of sm_90 or later, but got " << cluster << " CTAs for sm_" << sm;
  if (sort < 1 || sort > 32 || !llvm::isPowerOf2_64(sort))
    return emitError() << "expects 'sort' to be a power of two up to 32, but got " << sort;
  if (distanceBits != 8 && distanceBits != 16)
    return emitError() << "expects 'distance_bits' to be 8 or 16, but got " << distanceBits;
  if (window != 1 && window != 2 && window != 4)
    return emitError() << "expects 'window' to be 1, 2 or 4, but got " << window;
  if (resident != 1 && resident != 2)
    return emitError() << "expects 'resident' to be 1 or 2, but got " << resident;
  if ((engine == Engine::B1 || candidateEngine == Engine::B1) && sm > 90)
    return emitError() << "expects an engine that the chip has, but sm_" << sm << " emulates b1; use popc";
  return success();
}
