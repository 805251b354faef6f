// The memory-level dialect of NVIDIA GPUs.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_GPU_IR_ADAMASGPUOPS_H
#define ADAMAS_GPU_IR_ADAMASGPUOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "adamas_gpu/IR/AdamasGPUDialect.h.inc"
#include "adamas_gpu/IR/AdamasGPUEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "adamas_gpu/IR/AdamasGPUAttrs.h.inc"

#define GET_OP_CLASSES
#include "adamas_gpu/IR/AdamasGPUOps.h.inc"

#endif // ADAMAS_GPU_IR_ADAMASGPUOPS_H
