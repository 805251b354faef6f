// From the LLVM dialect to machine code in memory, or to text and objects.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_EXECUTION_JIT_H
#define ADAMAS_EXECUTION_JIT_H

#include "adamas/Execution/Executable.h"
#include "adamas/Execution/HostTarget.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/Module.h"

namespace mlir::adamas {

/// Translates `module`, in the LLVM dialect, to LLVM IR and optimizes it for `target`.
llvm::Expected<std::unique_ptr<llvm::Module>> translateForHost(ModuleOp module, const HostTarget &target,
                                                               llvm::LLVMContext &context, CompileTimes &times);

/// Machine code of `module`: assembly text, or an object file.
enum class MachineCode { Assembly, Object };
llvm::Expected<std::string> emitMachineCode(llvm::Module &module, const HostTarget &target, MachineCode kind);

/// Loads `module` (LLVM dialect) into this process.
llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> loadForHost(ModuleOp module, const HostTarget &target,
                                                              CompileTimes &times);

} // namespace mlir::adamas

#endif // ADAMAS_EXECUTION_JIT_H
