// Modules of a run: read, specialized to the data, and the two that the tool builds itself.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_MODULES_H
#define ADAMAS_TOOLS_ADAMAS_RUN_MODULES_H

#include "adamas-run/Diagnostics.h"
#include "adamas-run/Inputs.h"
#include "adamas-run/Signature.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBuffer.h"

namespace mlir::adamas {

struct LoadedModule {
  std::string path;
  /// The file's name without folder and ending.
  std::string name;
  OwningOpRef<ModuleOp> module;
  DecodeSignature signature;
};

/// Parses and verifies a module (text or bytecode) and finds its decode function. Errors name the file.
llvm::Expected<LoadedModule> loadModule(std::unique_ptr<llvm::MemoryBuffer> buffer, llvm::StringRef path,
                                        MLIRContext *context, DiagnosticCapture &diagnostics);

/// What a run wants of its module beside the data's shape.
struct Wishes {
  int64_t bits = 2;
  std::optional<int64_t> budget, sink, recent;
  std::optional<Policy> policy;
  bool emitDistances = false;
};

/// A copy of `module` that fits the data and the wishes, by the pass adamas-specialize; with `strict`, or in form 2, an
/// error where the module does not fit as it is. Its function returns at least list, lengths and output.
llvm::Expected<LoadedModule> specializeModule(const LoadedModule &module, const Inputs &inputs, const Wishes &wishes,
                                              bool strict, DiagnosticCapture &diagnostics);

/// `@encode(key, thresholds [Hkv, 2^b - 1], offset [Hkv, D]) -> codes`, the offset only where asked for.
OwningOpRef<ModuleOp> buildEncodeModule(MLIRContext *context, const Inputs &inputs, int64_t bits, bool offset);

/// `@dense(query, key, value, seq_lens) -> output`.
OwningOpRef<ModuleOp> buildDenseModule(MLIRContext *context, const Inputs &inputs);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_MODULES_H
