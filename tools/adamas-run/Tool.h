// adamas-run without its command line, so that tests and fuzzers can call it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_ADAMAS_RUN_TOOL_H
#define ADAMAS_TOOLS_ADAMAS_RUN_TOOL_H

#include "adamas-run/Options.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <vector>

namespace mlir::adamas {

/// Runs on modules and data in memory (in the order of `options.modules`, whose paths name them in diagnostics) and
/// prints to `os`. Any error is one message that names what it is about.
llvm::Error runTool(const Options &options, std::vector<std::unique_ptr<llvm::MemoryBuffer>> modules,
                    std::unique_ptr<llvm::MemoryBuffer> data, llvm::raw_ostream &os);

/// The same with all of them read from their files.
llvm::Error runTool(const Options &options, llvm::raw_ostream &os);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_ADAMAS_RUN_TOOL_H
