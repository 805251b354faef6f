// Conversions from adamas to other dialects.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_CONVERSION_PASSES_H
#define ADAMAS_CONVERSION_PASSES_H

#include "adamas/IR/AdamasOps.h"
#include "adamas/Target/Regime.h"
#include "adamas_gpu/IR/AdamasGPUOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::adamas {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "adamas/Conversion/Passes.h.inc"
} // namespace mlir::adamas

#endif // ADAMAS_CONVERSION_PASSES_H
