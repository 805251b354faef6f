// LLVM's part in optimization, the same for every target.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TARGET_OPTIMIZE_H
#define ADAMAS_TARGET_OPTIMIZE_H

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace mlir::adamas {

/// Optimizes a module that has `machine`'s data layout.
llvm::Error optimize(llvm::Module &module, llvm::TargetMachine &machine);

} // namespace mlir::adamas

#endif // ADAMAS_TARGET_OPTIMIZE_H
