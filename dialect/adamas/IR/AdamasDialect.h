// The dialect, its enums, attributes and types.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_IR_ADAMASDIALECT_H
#define ADAMAS_IR_ADAMASDIALECT_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"

#include "adamas/IR/AdamasDialect.h.inc"
#include "adamas/IR/AdamasEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "adamas/IR/AdamasAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "adamas/IR/AdamasTypes.h.inc"

#endif // ADAMAS_IR_ADAMASDIALECT_H
