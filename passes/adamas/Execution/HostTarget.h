// What the compiler knows of a CPU.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_EXECUTION_HOSTTARGET_H
#define ADAMAS_EXECUTION_HOSTTARGET_H

#include "adamas/Pipelines/Pipelines.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/Error.h"

namespace mlir::adamas {

/// A CPU, as LLVM names it, and how its vector unit is used.
struct HostTarget {
  llvm::orc::JITTargetMachineBuilder builder;
  int64_t lanes;
  Popcount popcount;

  /// `cpu`: "host", or an LLVM name; an error lists what is wrong with it. A CPU with more than the host has compiles
  /// but does not run.
  static llvm::Expected<HostTarget> get(llvm::StringRef cpu);

  X86PipelineOptions &configure(X86PipelineOptions &options) const;
};

} // namespace mlir::adamas

#endif // ADAMAS_EXECUTION_HOSTTARGET_H
